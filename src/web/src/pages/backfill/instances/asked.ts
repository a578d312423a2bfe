/** Which instances are asked for: what the address says, as the list and as acts want it. */
import type { Filter } from "../../../core/acts.svelte";
import type { Query } from "../../../core/ask";
import { STATES, type State } from "../../../words/states";

/** Rows of a page. */
export const PAGE = 100;

export interface Asked {
  state: State | null;
  task: string | null;
  from: string | null;
  to: string | null;
}

/** `?only=failed&task=load&from=2024-01-01&to=2024-01-31`; what is no state is none. */
export function askedBy(query: URLSearchParams): Asked {
  const state = STATES.find((each) => each === query.get("only")) ?? null;
  return { state, task: query.get("task") || null, from: query.get("from") || null, to: query.get("to") || null };
}

export function narrowed({ state, task, from, to }: Asked): boolean {
  return Boolean(state || task || from || to);
}

/** As the list of instances is asked. */
export function listed({ state, task, from, to }: Asked, after: string | null): Query {
  return { state, task, start_biz_date: from, end_biz_date: to, after, limit: PAGE };
}

/** As an act on all of them is asked. */
export function filter(backfill: number, { state, task, from, to }: Asked): Filter {
  return {
    backfill: { any_: [backfill] },
    ...(state && { state: { any_: [state] } }),
    ...(task && { task: { any_: [task] } }),
    ...((from || to) && { business_date: { ...(from && { after_: from }), ...(to && { before_: to }) } }),
  };
}

/** In words, behind "Exactly 12 instances": `that are failed, of load, from 2024-01-01 to 2024-01-31`. */
export function told({ state, task, from, to }: Asked): string {
  const dates = from && to ? `from ${from} to ${to}` : from ? `from ${from} on` : to ? `up to ${to}` : "";
  const said = [state && `that are ${state.replace("_", " ")}`, task && `of ${task}`, dates].filter(Boolean);
  return said.join(", ") || "of the whole backfill";
}
