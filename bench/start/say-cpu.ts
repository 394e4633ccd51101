/** The processor time of this process from its very start, in milliseconds, as the last line it says. */
export function sayCpu(): void {
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${(user + system) / 1000}\n`);
}
