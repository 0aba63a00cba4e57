import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';

/** `shared` lets others read, `exclusive` keeps everybody out. */
export type LockKind = 'shared' | 'exclusive';

/** What came of one attempt to lock. `isReserved`: another program holds the right to write. */
export interface LockAnswer {
  isGranted: boolean;
  isReserved: boolean;
}

/*
 * Both programs take SQLite's own locks on the file (bytes at 1 GiB: pending, reserved, then 510 shared ones) in
 * SQLite's order, never waiting. They read one letter a line (S shared, X exclusive, U unlock) and answer "ok 0|1",
 * "busy 0|1" or "error ...". They end, and so unlock, when their input ends: when this process is killed.
 */
const perlProgram = `
use strict; use Fcntl; $| = 1;
my $file = shift; my $fh;
open($fh, '+<', $file) or open($fh, '<', $file) or do { print "error $!\\n"; exit 1 };
my $mac = $^O eq 'darwin' || $^O =~ /bsd/;
sub flk { my ($cmd, $type, $start, $len) = @_;
  my $s = $mac ? pack('q q i s s', $start, $len, 0, $type, 0) : pack('s s x4 q q i x4', $type, 0, $start, $len, 0);
  my $r = fcntl($fh, $cmd, $s); return undef unless $r;
  return $mac ? (unpack('q q i s s', $s))[3] : (unpack('s s', $s))[0]; }
my ($P, $R, $S, $N) = (0x40000000, 0x40000001, 0x40000002, 510);
sub unlk { flk(F_SETLK, F_UNLCK, $P, 2 + $N) }
sub reserved { my $t = flk(F_GETLK, F_WRLCK, $R, 1); return defined $t && $t != F_UNLCK ? 1 : 0 }
sub shared { return 0 unless defined flk(F_SETLK, F_RDLCK, $P, 1);
  my $ok = defined flk(F_SETLK, F_RDLCK, $S, $N); flk(F_SETLK, F_UNLCK, $P, 1); return $ok }
while (my $line = <STDIN>) {
  my $res = 0; my $ok = 1;
  if ($line =~ /^S/) { $ok = shared(); $res = reserved() }
  elsif ($line =~ /^X/) { $res = reserved();
    $ok = shared() && defined flk(F_SETLK, F_WRLCK, $R, 1) && defined flk(F_SETLK, F_WRLCK, $P, 1) && defined flk(F_SETLK, F_WRLCK, $S, $N) }
  else { unlk() }
  unlk() unless $ok;
  print(($ok ? 'ok ' : 'busy ') . "$res\\n");
}`;

const pythonProgram = `
import fcntl, os, struct, sys
path = sys.argv[1]
try:
    fd = os.open(path, os.O_RDWR)
except OSError:
    fd = os.open(path, os.O_RDONLY)
mac = sys.platform == 'darwin' or 'bsd' in sys.platform
def flk(cmd, kind, start, length):
    s = struct.pack('qqihh', start, length, 0, kind, 0) if mac else struct.pack('hhqqi', kind, 0, start, length, 0)
    try:
        s = fcntl.fcntl(fd, cmd, s)
    except OSError:
        return None
    return struct.unpack('qqihh', s)[3] if mac else struct.unpack('hhqqi', s)[0]
P, R, S, N = 0x40000000, 0x40000001, 0x40000002, 510
RD, WR, UN = fcntl.F_RDLCK, fcntl.F_WRLCK, fcntl.F_UNLCK
def take(kind, start, length): return flk(fcntl.F_SETLK, kind, start, length) is not None
def reserved():
    kind = flk(fcntl.F_GETLK, WR, R, 1)
    return int(kind is not None and kind != UN)
def shared():
    if not take(RD, P, 1): return False
    ok = take(RD, S, N)
    take(UN, P, 1)
    return ok
for line in sys.stdin:
    res, ok = 0, True
    if line[0] == 'S':
        ok = shared(); res = reserved()
    elif line[0] == 'X':
        res = reserved()
        ok = shared() and take(WR, R, 1) and take(WR, P, 1) and take(WR, S, N)
    else:
        take(UN, P, 2 + N)
    if not ok: take(UN, P, 2 + N)
    print('ok' if ok else 'busy', res, flush=True)
`;

const candidates: readonly [string, string[]][] = [
  ['perl', ['-e', perlProgram, '--']],
  ['python3', ['-c', pythonProgram]],
  ['python', ['-c', pythonProgram]],
];

/**
 * Holds SQLite's own file locks for a process that cannot take them itself. Node.js has no record locks, so the helper
 * is a small program for an interpreter that every Linux and macOS machine has.
 */
export class LockHelper {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((line: string | null) => void)[] = [];
  #hasEnded = false;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.(line));
    child.on('close', () => {
      this.#hasEnded = true;
      for (const resolve of this.#waiting.splice(0)) resolve(null);
    });
    child.stdin.on('error', () => {});
    child.stderr.resume();
  }

  /** `null` where no interpreter can do it (none is installed, or this is Windows). */
  static async start(file: string): Promise<LockHelper | null> {
    if (process.platform === 'win32') return null;
    for (const [command, parameters] of candidates) {
      const helper = await LockHelper.#tryStart(command, [...parameters, file]);
      if (helper !== null) return helper;
    }
    return null;
  }

  static async #tryStart(command: string, parameters: string[]): Promise<LockHelper | null> {
    const child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'pipe'] });
    const hasStarted = await new Promise<boolean>((resolve) => {
      child.once('spawn', () => resolve(true)).once('error', () => resolve(false));
    });
    if (!hasStarted) return null;
    const helper = new LockHelper(child);
    helper.#holdProcess(false);
    const answer = await helper.#ask('U');
    return answer === null ? null : helper;
  }

  /** One attempt, without waiting. @throws when the helper has died. */
  async tryLock(kind: LockKind): Promise<LockAnswer> {
    const answer = await this.#ask(kind === 'shared' ? 'S' : 'X');
    if (answer === null) throw new Error('The program that locks the database file has ended.');
    return { isGranted: answer.startsWith('ok'), isReserved: answer.endsWith('1') };
  }

  async unlock(): Promise<void> {
    await this.#ask('U');
  }

  close(): void {
    this.#child.stdin.end();
  }

  async #ask(letter: string): Promise<string | null> {
    if (this.#hasEnded) return null;
    this.#holdProcess(true);
    try {
      return await new Promise<string | null>((resolve) => {
        this.#waiting.push(resolve);
        this.#child.stdin.write(`${letter}\n`);
      });
    } finally {
      this.#holdProcess(false);
    }
  }

  /** An idle helper does not keep Node.js from ending. */
  #holdProcess(hold: boolean): void {
    const handles = [this.#child, this.#child.stdin, this.#child.stdout, this.#child.stderr] as unknown as {
      ref?(): void;
      unref?(): void;
    }[];
    for (const handle of handles) (hold ? handle.ref : handle.unref)?.call(handle);
  }
}
