/** The prebuilt llama.cpp packages of node-llama-cpp by `process.platform`-`process.arch`. */
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'linux-arm': 'linux-armv7l',
  'linux-riscv64': 'linux-riscv64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

/** `@node-llama-cpp/linux-x64` and so on; null where no binary is published. */
export function binaryPackage(platform: string, arch: string): string | null {
  const name = PACKAGES[`${platform}-${arch}`];
  return name === undefined ? null : `@node-llama-cpp/${name}`;
}
