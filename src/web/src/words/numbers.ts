/** Numbers as people read them. */
const whole = new Intl.NumberFormat("en-GB");

/** `10,775`. */
export function count(n: number): string {
  return whole.format(n);
}

/** `1 date`, `12 dates`. */
export function many(n: number, one: string, more = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : more}`;
}

/** `50.9 %`; never 100 before all is done, never 0 once something is. */
export function share(part: number, total: number): string {
  if (!total) return "0 %";
  const exact = (part / total) * 100;
  if (part === total) return "100 %";
  return `${Math.min(99.9, part ? Math.max(0.1, exact) : 0).toFixed(1)} %`;
}
