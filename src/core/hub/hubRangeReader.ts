import { MlflowError } from '../errors.js';
import type { RangeReader } from '../safetensors/rangeReader.js';
import { BlobSource, ChangedFileError, lyingFile, RangesRefusedError } from './blobSource.js';
import type { ByteBody } from './byteTransport.js';
import type { HubConnection } from './hubConnection.js';
import type { HubFile } from './hubNames.js';

/** The first request brings more than a header's length: most headers come with it. */
const firstBytes = 512 * 1024;

/** A file of the Hub, read by ranges without being downloaded. */
export function hubRangeReader(
  connection: HubConnection,
  url: string,
  file: HubFile,
  signal: AbortSignal = new AbortController().signal,
): RangeReader {
  const source = new BlobSource(connection, url, file);
  let first: Promise<Uint8Array> | undefined;
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const end = Math.min(file.sizeBytes, offset + length);
    if (end <= offset) return new Uint8Array();
    try {
      return await collect((await source.open(offset, end, signal)).body, end - offset);
    } catch (error) {
      if (signal.aborted) throw MlflowError.cancelled();
      if (error instanceof ChangedFileError) throw lyingFile(url, file, error.message);
      if (!(error instanceof RangesRefusedError)) throw error;
      throw new MlflowError(
        `${url} cannot be read in part: the server sends whole files only. Download the file instead.`,
        'NOT_IMPLEMENTED',
      );
    }
  };
  return {
    name: url,
    sizeBytes: file.sizeBytes,
    async read(offset, length) {
      if (offset + length > firstBytes) return read(offset, length);
      return (await (first ??= read(0, firstBytes))).subarray(offset, offset + length);
    },
  };
}

async function collect(body: ByteBody, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  await body.readInto({
    room() {
      if (done === length) throw new ChangedFileError('it sends more bytes than were asked for');
      return bytes.subarray(done);
    },
    filled: (count) => void (done += count),
  });
  return bytes.subarray(0, done);
}
