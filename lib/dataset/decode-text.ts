import { InvalidInput, TooLarge } from '#lib/base/errors';

export type Source = string | Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Text as it arrives, in pieces. A BOM is passed over; bytes that are not UTF-8 (another encoding, a sequence cut in the
 * middle) are refused with the byte they stand near, not replaced by question marks.
 */
export async function* decodeText(source: Source, maxBytes: number): AsyncGenerator<string> {
  if (typeof source === 'string') {
    const size = Buffer.byteLength(source);
    if (size > maxBytes) throw tooLarge(maxBytes);
    yield source.startsWith('\ufeff') ? source.slice(1) : source;
    return;
  }
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch (error) {
      const where =
        chunk === undefined
          ? 'it ends in the middle of a character'
          : `between byte ${bytes} and ${bytes + chunk.length}`;
      throw new InvalidInput('dataset_encoding', `wanted UTF-8 text, found other bytes: ${where}`, { cause: error });
    }
  };
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    if (bytes === 0) refuseUtf16(chunk);
    if (bytes + chunk.length > maxBytes) throw tooLarge(maxBytes);
    yield decode(chunk);
    bytes += chunk.length;
  }
  yield decode();
}

function refuseUtf16([first, second]: Uint8Array): void {
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new InvalidInput('dataset_encoding', 'wanted UTF-8 text, found a UTF-16 byte order mark; save it as UTF-8');
  }
}

const tooLarge = (maxBytes: number): TooLarge =>
  new TooLarge('dataset_too_large', `a dataset file is at most ${maxBytes} bytes, this one is larger`);
