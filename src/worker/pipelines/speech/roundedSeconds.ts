/** Python's `round(seconds, 2)`: of two equally near numbers the even one. */
export function roundedSeconds(seconds: number): number {
  const hundredths = seconds * 100;
  const isTie = Number.isInteger(seconds * 8) && Math.abs(hundredths % 1) === 0.5;
  if (!isTie) return Number(seconds.toFixed(2));
  const below = Math.floor(hundredths);
  return (below % 2 === 0 ? below : below + 1) / 100;
}
