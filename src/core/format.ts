import { l10n } from './l10n.js';

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes as people read them, decimal units as MLflow's UI shows: `17.6 MB`. */
export function formatBytes(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : trimNumber(value, value < 10 ? 2 : value < 100 ? 1 : 0)} ${byteUnits[unit]}`;
}

/** A duration: `62 ms`, `1.4 s`, `2 min 5 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1) return '< 1 ms';
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`;
  if (durationMs < 59_950) return `${trimNumber(durationMs / 1000, durationMs < 9_950 ? 1 : 0)} s`;
  const seconds = Math.round(durationMs / 1000);
  const rest = seconds % 60;
  return rest === 0 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)} min ${rest} s`;
}

/** Whole numbers with thousands separated, large counts shortened: `4.4 M`. */
export function formatCount(count: number): string {
  if (count < 10_000) return count.toLocaleString('en-US');
  if (count < 999_500) return `${trimNumber(count / 1000, count < 100_000 ? 1 : 0)} k`;
  if (count < 999_500_000) return `${trimNumber(count / 1e6, count < 1e8 ? 1 : 0)} M`;
  return `${trimNumber(count / 1e9, 1)} B`;
}

/** A score between 0 and 1 (or any number) with three significant digits. Non-finite numbers keep their name. */
export function formatScore(score: number): string {
  if (!Number.isFinite(score)) return Number.isNaN(score) ? 'NaN' : score > 0 ? 'Infinity' : '-Infinity';
  if (score === 0 || (Math.abs(score) >= 0.001 && Math.abs(score) < 1e6)) return trimNumber(score, 3);
  return score.toExponential(1);
}

/** How long ago, in one unit: `just now`, `5 min ago`, `2 h ago`, `3 d ago`. */
export function formatAge(timeMs: number, nowMs: number): string {
  const age = shortAge(timeMs, nowMs);
  return age === undefined ? l10n.t('just now') : l10n.t('{0} ago', age);
}

/** The same for places where only the age can stand: `5 min`; `undefined` below a minute. */
export function shortAge(timeMs: number, nowMs: number): string | undefined {
  const seconds = Math.max(0, (nowMs - timeMs) / 1000);
  if (seconds < 60) return undefined;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

function trimNumber(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
