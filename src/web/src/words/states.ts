/** States of a task instance: their bytes, their words, their colours. */

/** By the low four bits of a byte of the grid. */
export const STATES = ["waiting", "ready", "running", "succeeded", "failed", "lost", "skipped", "cancelled", "left_out"] as const;
export type State = (typeof STATES)[number];

export const UNKNOWN = 15;
export const MASK = 0x0f;
export const HELD = 0x10;
export const STOPPING = 0x40;

/** From the bottom of a stack to its top: what is good first, what is bad on top. */
export const STACKED: readonly State[] = ["succeeded", "skipped", "left_out", "running", "ready", "waiting", "cancelled", "lost", "failed"];

export const LABELS: Record<State, string> = {
  waiting: "Waiting",
  ready: "Ready",
  running: "Running",
  succeeded: "Succeeded",
  failed: "Failed",
  lost: "Lost",
  skipped: "Skipped",
  cancelled: "Cancelled",
  left_out: "Left out",
};

/** The custom property that holds a state's colour. */
export function colour(state: State): string {
  return `--${state.replace("_", "-")}`;
}

export const DONE: ReadonlySet<State> = new Set(["succeeded", "skipped", "left_out"]);
export const BAD: ReadonlySet<State> = new Set(["failed", "lost"]);

export type Counts = Partial<Record<State, number>>;

/** How many of these are in the states that `wanted` names. */
export function sum(counts: Counts, wanted: Iterable<State>): number {
  let total = 0;
  for (const state of wanted) total += counts[state] ?? 0;
  return total;
}
