/** The same task on the dates around: what `[` and `]` open. */
import type { Matrix } from "../matrix.svelte";

/** The instance of the same task, and of the same of its cycles, on the next date (1) or the one before (-1) that has it. */
export function neighbour(matrix: Matrix, instance: number, step: 1 | -1): number | undefined {
  const place = matrix.place(instance);
  if (place === undefined) return undefined;
  const date = matrix.dateOf(place);
  const task = matrix.pattern(date).taskOf[place - matrix.offsets[date]!]!;
  const cycle = matrix.places(date, task).indexOf(place);
  const { dates } = matrix.is; // in the order in which they run: added ones stand behind the first
  const further = (one: number, other: number): boolean => (step > 0 ? dates[one]! > dates[other]! : dates[one]! < dates[other]!);
  let found: number | undefined;
  for (let at = 0; at < dates.length; at++) {
    if (further(at, date) && (found === undefined || further(found, at)) && matrix.places(at, task).length) found = at;
  }
  if (found === undefined) return undefined;
  const places = matrix.places(found, task);
  return matrix.instance(places[Math.min(cycle, places.length - 1)]!);
}
