import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkFileName, checkRepositoryId, checkRevision, isCommitHash } from './hubNames.js';

/**
 * The cache folder that all Hugging Face libraries of a machine share: `models--owner--name` with `blobs` (contents by
 * hash), `snapshots/<commit>` (links to them by file name) and `refs` (commits by branch).
 * Source: huggingface_hub.file_download (repo_folder_name, _create_symlink).
 */
export class HubCache {
  constructor(
    readonly folder: string,
    private readonly avoidsSymlinks = false,
  ) {}

  repositoryFolder(repositoryId: string): string {
    checkRepositoryId(repositoryId);
    return path.join(this.folder, ['models', ...repositoryId.split('/')].join('--'));
  }

  snapshotFolder(repositoryId: string, commit: string): string {
    return path.join(this.repositoryFolder(repositoryId), 'snapshots', commit);
  }

  blobFolder(repositoryId: string): string {
    return path.join(this.repositoryFolder(repositoryId), 'blobs');
  }

  blobFile(repositoryId: string, blobId: string): string {
    return path.join(this.blobFolder(repositoryId), blobId);
  }

  /** The commit that a revision stood at when it was last asked for. */
  async commitOf(repositoryId: string, revision: string): Promise<string | undefined> {
    if (isCommitHash(revision)) return revision;
    checkRevision(repositoryId, revision);
    const file = path.join(this.repositoryFolder(repositoryId), 'refs', ...revision.split('/'));
    const commit = (await readFile(file, 'utf8').catch(() => '')).trim();
    return isCommitHash(commit) ? commit : undefined;
  }

  async writeRef(repositoryId: string, revision: string, commit: string): Promise<void> {
    if (isCommitHash(revision) || (await this.commitOf(repositoryId, revision)) === commit) return;
    const file = path.join(this.repositoryFolder(repositoryId), 'refs', ...revision.split('/'));
    await mkdir(path.dirname(file), { recursive: true });
    // Not flushed, as Python does not: that would wait for the weights that are on their way to the disk.
    const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
    await writeFile(temporary, commit);
    await rename(temporary, file);
  }

  /** The cached file, when it is there as a whole. */
  async cachedFile(repositoryId: string, commit: string, name: string): Promise<string | undefined> {
    const file = this.pointer(repositoryId, commit, name);
    return (await isFile(file)) ? file : undefined;
  }

  /**
   * Shows a downloaded blob under its name in a snapshot: by a relative symbolic link, else by the file itself.
   * @param isNew whether nothing else needs the blob under its own name
   */
  async point(repositoryId: string, commit: string, name: string, blobId: string, isNew: boolean): Promise<string> {
    const blob = this.blobFile(repositoryId, blobId);
    const pointer = this.pointer(repositoryId, commit, name);
    if (await isFile(pointer)) return pointer;
    await mkdir(path.dirname(pointer), { recursive: true });
    await rm(pointer, { force: true });
    if (!this.avoidsSymlinks && (await tryLink(path.relative(path.dirname(pointer), blob), pointer))) return pointer;
    if (isNew) await rename(blob, pointer);
    else {
      const temporary = `${pointer}.${process.pid}.incomplete`;
      await copyFile(blob, temporary);
      await rename(temporary, pointer);
    }
    return pointer;
  }

  private pointer(repositoryId: string, commit: string, name: string): string {
    checkFileName(repositoryId, name);
    return path.join(this.snapshotFolder(repositoryId, commit), ...name.split('/'));
  }
}

/** Whether the link is there; another process may have made it first. */
async function tryLink(target: string, link: string): Promise<boolean> {
  try {
    await symlink(target, link, 'file');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST' && isFile(link);
  }
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (info) => info.isFile(),
    () => false,
  );
}
