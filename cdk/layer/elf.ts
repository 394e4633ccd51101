import type { LayerArchitecture } from './target.ts';

/** `e_machine` of the ELF header, https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
export const MACHINES: Readonly<Record<LayerArchitecture, number>> = { arm64: 183, x86_64: 62 };

const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const MACHINE_AT = 18;

/** Which processor a binary is for; null for what is no little-endian ELF file. */
export function elfMachineOf(bytes: Buffer): number | null {
  if (bytes.length < MACHINE_AT + 2 || !bytes.subarray(0, 4).equals(MAGIC) || bytes[5] !== 1) return null;
  return bytes.readUInt16LE(MACHINE_AT);
}
