/** The same task on the dates around: what `[` and `]` open. */
import type { Matrix } from "../matrix.svelte";

/** The instance of the same task, and of the same of its cycles, on the next date (1) or the one before (-1) that has it. */
export function neighbour(matrix: Matrix, instance: number, step: 1 | -1): number | undefined {
  const place = matrix.place(instance);
  if (place === undefined) return undefined;
  const date = matrix.dateOf(place);
  const task = matrix.pattern(date).taskOf[place - matrix.offsets[date]!]!;
  const cycle = matrix.places(date, task).indexOf(place);
  const { dates } = matrix.is;
  const forward = dates[0]! <= dates.at(-1)! ? step : -step; // dates are in the order in which they run
  for (let at = date + forward; at >= 0 && at < dates.length; at += forward) {
    const places = matrix.places(at, task);
    if (places.length) return matrix.instance(places[Math.min(cycle, places.length - 1)]!);
  }
  return undefined;
}
