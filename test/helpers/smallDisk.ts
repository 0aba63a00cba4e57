import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A file system of a few megabytes, so that writing to it fails for want of room. Only root may make one, on Linux. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** Why there is none here; `false` where there is one. For the `skip` option of tests. */
  static get unavailable(): string | false {
    if (process.platform !== 'linux') return 'a small file system in memory can be mounted on Linux only';
    if (process.getuid?.() !== 0) return 'mounting a small file system needs root';
    const folder = mkdtempSync(path.join(tmpdir(), 'small-disk-'));
    const isMounted = mountMemory(folder, 4096);
    if (isMounted) spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true });
    return isMounted ? false : 'this machine lets nobody mount a file system';
  }

  static async mount(sizeBytes: number): Promise<SmallDisk> {
    const folder = await mkdtemp(path.join(tmpdir(), 'small-disk-'));
    if (!mountMemory(folder, sizeBytes)) throw new Error(`${folder} could not be mounted.`);
    return new SmallDisk(folder);
  }

  /** Leaves only so much room, or less where another writes meanwhile. */
  async fill(leftBytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    const filler = Buffer.alloc(Math.max(0, bavail * bsize - leftBytes));
    await writeFile(path.join(this.folder, 'filler'), filler).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOSPC') throw error;
    });
  }

  /** Gives the room back that {@link fill} took. */
  async free(): Promise<void> {
    await rm(path.join(this.folder, 'filler'), { force: true });
  }

  async unmount(): Promise<void> {
    spawnSync('umount', ['-l', this.folder]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

function mountMemory(folder: string, sizeBytes: number): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder]).status === 0;
}
