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
 * Which bytes of a download are on disk: the file in parts of 16 MiB, and how far each has come. Every step is written right
 * behind the bytes that it tells of, so that a killed process loses next to nothing.
 */
export class PartMap {
  private hasNews = false;
  private writing: Promise<void> | undefined;
  private failure: unknown;

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

  /** @throws what writing an earlier step threw. */
  record(part: number, doneBytes: number): void {
    if (this.failure !== undefined) throw this.failure;
    this.doneBytes[part] = doneBytes;
    this.hasNews = true;
    this.writing ??= this.writeNews();
  }

  /** So many bytes from the beginning are there, and no others. */
  recordPrefix(storedBytes: number): void {
    for (let part = 0; part < this.partCount; part++) this.record(part, this.present(part, storedBytes));
  }

  /** Forgets what cannot be in a file of this length. */
  limitTo(storedBytes: number): void {
    for (let part = 0; part < this.partCount; part++) {
      const present = this.present(part, storedBytes);
      if (this.done(part) > present) this.record(part, present);
    }
  }

  /** What of a part lies in a file of this length. */
  private present(part: number, storedBytes: number): number {
    return Math.max(0, Math.min(this.length(part), storedBytes - part * partBytes));
  }

  async setRemoteTag(tag: string): Promise<void> {
    this.tag = tag;
    await this.writeHeader();
  }

  async reset(): Promise<void> {
    this.tag = null;
    this.doneBytes.fill(0);
    await this.writing;
    await this.writeHeader();
    await this.writeSlots();
  }

  async close(): Promise<void> {
    await this.writing;
    await this.handle.close();
    if (this.failure !== undefined) throw this.failure;
  }

  private async writeNews(): Promise<void> {
    try {
      while (this.hasNews) {
        this.hasNews = false;
        await this.writeSlots();
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.writing = undefined;
    }
  }

  private async writeSlots(): Promise<void> {
    const slots = Buffer.alloc(this.partCount * slotBytes);
    for (const [part, doneBytes] of this.doneBytes.entries()) slots.writeUInt32LE(doneBytes, part * slotBytes);
    await this.handle.write(slots, 0, slots.length, headerBytes);
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
