// Stops early and clearly on a Node that cannot run the sources. Plain JavaScript: an older Node must be able to parse it.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `dspex needs Node 24 or newer; this is ${process.version} (${process.execPath}).\n` +
      'Inside the repository: run "npm ci" (without --ignore-scripts: the package "node" brings the right Node) and start\n' +
      'through npm ("npm run demo", "npm test", "npm run -s dspex -- ARGS"). Elsewhere: install Node 24.',
  );
  process.exit(1);
}
