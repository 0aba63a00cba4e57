import { readFileSync } from 'node:fs';

/** Anonymous memory of this process in bytes: what it holds beyond mapped files. */
export function anonymousMemoryBytes(): number {
  try {
    const match = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (match) return Number(match[1]) * 1024;
  } catch {
    // Not Linux: the resident set is the nearest there is.
  }
  return process.memoryUsage.rss();
}
