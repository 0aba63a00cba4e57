import { closeSync, openSync, readSync, statSync, type BigIntStats } from 'node:fs';

/** The first bytes of a database file that tell how to treat it. Source: SQLite's file format, section 1.3. */
export interface DatabaseHeader {
  isSqlite: boolean;
  /** The file is in write-ahead-log mode: newer pages may lie in `-wal`. */
  usesWal: boolean;
  /** Grows with every commit of a rollback-journal writer. */
  changeCounter: number;
}

/** Everything that changes when somebody writes to a database file. */
export interface FileState {
  /** Differs whenever the file or its log was written to. */
  key: string;
  /** A rollback journal with content lies beside the file: somebody is writing, or died while writing. */
  hasJournal: boolean;
  /** The write-ahead log holds pages that are not in the file yet. */
  hasWal: boolean;
}

const magic = 'SQLite format 3\0';
const headerBytes = 100;

/** Reads the header; an empty or short file is not SQLite. @throws the file system's error when there is no such file. */
export function readDatabaseHeader(file: string): DatabaseHeader {
  const buffer = Buffer.alloc(headerBytes);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, buffer, 0, headerBytes, 0);
  } finally {
    closeSync(descriptor);
  }
  return {
    isSqlite: buffer.toString('latin1', 0, magic.length) === magic,
    usesWal: buffer[18] === 2 || buffer[19] === 2,
    changeCounter: buffer.readUInt32BE(24),
  };
}

/** A text of the sizes and times of the database file and its log, without opening either. */
export function statKey(file: string): string {
  return [statSync(file, { bigint: true }), statIfThere(`${file}-wal`)]
    .map((stats) => (stats === undefined ? '-' : `${stats.ino}:${stats.size}:${stats.mtimeNs}`))
    .join('/');
}

/**
 * Where the file stands now. Two equal keys around a read, with no journal at either end, mean that nobody wrote in
 * between: a writer makes its journal before it touches the file, and raises the change counter before it removes it.
 */
export function readFileState(file: string): FileState {
  const wal = statIfThere(`${file}-wal`);
  return {
    key: `${statKey(file)}/${readDatabaseHeader(file).changeCounter}`,
    hasJournal: isJournalInUse(`${file}-journal`),
    hasWal: wal !== undefined && wal.size > 0n,
  };
}

/** A journal that was truncated, or whose header was zeroed, belongs to a finished transaction. */
function isJournalInUse(journal: string): boolean {
  const stats = statIfThere(journal);
  if (stats === undefined || stats.size === 0n) return false;
  const first = Buffer.alloc(1);
  try {
    const descriptor = openSync(journal, 'r');
    try {
      readSync(descriptor, first, 0, 1, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
  return first[0] !== 0;
}

function statIfThere(file: string): BigIntStats | undefined {
  return statSync(file, { bigint: true, throwIfNoEntry: false });
}
