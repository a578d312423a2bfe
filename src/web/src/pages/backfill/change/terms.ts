/** Other terms for a backfill that goes on: only what is said anew is asked for. */
import type { Backfill } from "../../../core/types";
import { readWindow, windowOf, type Hours } from "../../../forms/hours";
import type { Range } from "../../../words/dates";

export interface Terms {
  parallelism: number | null;
  priority: number | null;
  onFailure: string;
  hours: Hours;
  add: Range;
  drop: Range;
  reason: string;
}

export function termsOf(it: Backfill): Terms {
  const hours: Hours = { windowType: "", windowStart: "22:00:00", windowEnd: "06:00:00", immediately: false };
  readWindow(it.run_policy, hours);
  return {
    parallelism: it.parallelism, priority: it.priority, onFailure: it.on_failure, hours,
    add: { first: "", last: "" }, drop: { first: "", last: "" }, reason: "",
  };
}

/** What differs from how it is, as PATCH takes it; null: nothing does. */
export function amendment(it: Backfill, terms: Terms): Record<string, unknown> | null {
  const was = termsOf(it);
  const { parallelism, priority, onFailure, hours } = terms;
  const asked = {
    ...(parallelism !== was.parallelism && parallelism !== null && { parallelism }),
    ...(priority !== was.priority && priority !== null && { priority }),
    ...(onFailure !== was.onFailure && { on_failure: onFailure }),
    ...(told(hours) !== told(was.hours) && { run_policy: hours.windowType ? windowOf(hours) : null }),
    ...ranged("add_dates", terms.add),
    ...ranged("drop_dates", terms.drop),
  };
  return Object.keys(asked).length ? asked : null;
}

function told(hours: Hours): string {
  return hours.windowType ? JSON.stringify(windowOf(hours)) : "";
}

function ranged(name: string, { first, last }: Range): Record<string, unknown> {
  return first || last ? { [name]: [{ start_biz_date: first || last, end_biz_date: last || first }] } : {};
}
