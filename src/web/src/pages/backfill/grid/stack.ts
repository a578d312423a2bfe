/** Shares of states as a stack: what is good at the bottom, what failed on top, and never too low to be seen. */
import { BAD, STACKED, STATES, UNKNOWN } from "../../../words/states";

/** Kinds from the bottom to the top; what is not kept any more comes first. */
export const ORDER: readonly number[] = [UNKNOWN, ...STACKED.map((state) => STATES.indexOf(state))];
const KINDS_BAD: ReadonlySet<number> = new Set([...BAD].map((state) => STATES.indexOf(state)));

/** How many of these counts failed or were lost. */
export function bad(counts: Uint32Array): number {
  let sum = 0;
  for (const kind of KINDS_BAD) sum += counts[kind]!;
  return sum;
}

/**
 * How high each kind of `ORDER` reaches in a stack of this height, written into `tops`. What is bad has `least` at the
 * least, if there is any, and what is not shares the rest.
 */
export function stacked(counts: Uint32Array, total: number, height: number, least: number, tops: Float64Array): void {
  const worst = bad(counts);
  const above = worst ? Math.min(height, Math.max(least, (height * worst) / total)) : 0;
  const good = total - worst;
  let sum = 0;
  ORDER.forEach((kind, at) => {
    sum += counts[kind]!;
    tops[at] = sum <= good && !KINDS_BAD.has(kind) ? ((height - above) * sum) / Math.max(1, good) : height - above + (above * (sum - good)) / Math.max(1, worst);
  });
}
