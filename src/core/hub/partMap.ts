import { open, type FileHandle } from 'node:fs/promises';

/** What a map was made for: another content means another map. */
export interface PartMapSubject {
  blobId: string;
  sizeBytes: number;
}

export const partBytes = 16 * 1024 * 1024;
const headerBytes = 1024;
const slotBytes = 4;

/**
 * Which bytes of a download are on disk: the file in parts of 16 MiB, and how far each has come. Every step is written at
 * once, so that a killed process loses nothing that it had stored.
 */
export class PartMap {
  private constructor(
    private readonly handle: FileHandle,
    readonly subject: PartMapSubject,
    private readonly doneBytes: number[],
    private tag: string | null,
  ) {}

  /** Opens the map in `file`; it starts empty when there is none, or one of another content or with senseless entries. */
  static async open(file: string, subject: PartMapSubject): Promise<PartMap> {
    const handle = await open(file, 'r+').catch(() => open(file, 'w+'));
    try {
      const known = await readMap(handle, subject);
      const map = new PartMap(handle, subject, known?.doneBytes ?? emptyParts(subject), known?.tag ?? null);
      if (!known) await map.reset();
      return map;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get partCount(): number {
    return this.doneBytes.length;
  }

  /** The entity tag of the first answer; later answers must have the same. */
  get remoteTag(): string | null {
    return this.tag;
  }

  /** Bytes of all parts. */
  get totalDoneBytes(): number {
    return this.doneBytes.reduce((sum, bytes) => sum + bytes, 0);
  }

  done(part: number): number {
    return this.doneBytes[part] ?? 0;
  }

  length(part: number): number {
    return Math.min(partBytes, this.subject.sizeBytes - part * partBytes);
  }

  /** How many bytes from the beginning are there without a hole. */
  frontier(from = 0): number {
    for (let part = Math.floor(from / partBytes); part < this.partCount; part++) {
      if (this.done(part) < this.length(part)) return part * partBytes + this.done(part);
    }
    return this.subject.sizeBytes;
  }

  async record(part: number, doneBytes: number): Promise<void> {
    this.doneBytes[part] = doneBytes;
    const slot = Buffer.alloc(slotBytes);
    slot.writeUInt32LE(doneBytes);
    await this.handle.write(slot, 0, slotBytes, headerBytes + part * slotBytes);
  }

  async setRemoteTag(tag: string): Promise<void> {
    this.tag = tag;
    await this.writeHeader();
  }

  async reset(): Promise<void> {
    this.tag = null;
    this.doneBytes.fill(0);
    await this.writeHeader();
    const slots = Buffer.alloc(this.partCount * slotBytes);
    await this.handle.write(slots, 0, slots.length, headerBytes);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private async writeHeader(): Promise<void> {
    const text = JSON.stringify({ version: 1, partBytes, ...this.subject, tag: this.tag?.slice(0, 256) ?? null });
    await this.handle.write(Buffer.from(text.padEnd(headerBytes - 1) + '\n'), 0, headerBytes, 0);
  }
}

function emptyParts({ sizeBytes }: PartMapSubject): number[] {
  return new Array<number>(Math.ceil(sizeBytes / partBytes)).fill(0);
}

async function readMap(
  handle: FileHandle,
  subject: PartMapSubject,
): Promise<{ doneBytes: number[]; tag: string | null } | undefined> {
  const doneBytes = emptyParts(subject);
  const bytes = Buffer.alloc(headerBytes + doneBytes.length * slotBytes);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
  if (bytesRead !== bytes.length) return undefined;
  const header = parseHeader(bytes.subarray(0, headerBytes).toString('utf8'));
  const isSame =
    header?.['version'] === 1 &&
    header['partBytes'] === partBytes &&
    header['blobId'] === subject.blobId &&
    header['sizeBytes'] === subject.sizeBytes;
  if (!isSame) return undefined;
  for (let part = 0; part < doneBytes.length; part++) {
    const done = bytes.readUInt32LE(headerBytes + part * slotBytes);
    if (done > Math.min(partBytes, subject.sizeBytes - part * partBytes)) return undefined;
    doneBytes[part] = done;
  }
  return { doneBytes, tag: typeof header['tag'] === 'string' ? header['tag'] : null };
}

function parseHeader(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
