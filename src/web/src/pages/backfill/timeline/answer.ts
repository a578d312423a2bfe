/** What `/timeline` answers. */
import type { Counts } from "../../../words/states";

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
