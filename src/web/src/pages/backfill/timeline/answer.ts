/** What `/timeline` answers, of all dates and of one. */
import type { Counts } from "../../../words/states";
import type { Attempt, Instance } from "../instance";

/** A business date, or a week of them. */
export interface Dates {
  name: string;
  first: string;
  last: string;
  /** Its runs by their words. */
  runs: Record<string, number>;
  counts: Counts;
  begin: string | null;
  end: string | null;
  expected_begin: string | null;
  expected_end_p50: string | null;
  expected_end_p90: string | null;
}

export interface Timeline {
  by: "date" | "week";
  rows: Dates[];
  /** The hours in which something may start. */
  windows: [opens: string, closes: string][];
  forecast_at: string | null;
  /** Why there is no forecast. */
  reason: string | null;
}

/** A task instance with its last attempts, by number. */
export interface Started extends Instance {
  attempts: Pick<Attempt, "number" | "state" | "claimed_at" | "started_at" | "ended_at">[];
}

/** The only row is of the date. */
export interface DateTimeline extends Timeline {
  /** The dates beside it in run order. */
  before: string | null;
  behind: string | null;
  items: Started[];
  /** Of the next items; null where there are no more. */
  next: number | null;
}
