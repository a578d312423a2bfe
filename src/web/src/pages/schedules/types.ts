/** Schedules as the daemon tells of them. */

/** A moment in UTC, and on the schedule's own clock. */
export interface Moment {
  utc: string;
  local: string;
}

/** `by` is null when its time came. */
export interface Firing {
  moment: Moment;
  by: string | null;
  at: string;
  status: "accepted" | "refused";
  backfill_id: number | null;
  reason: string | null;
}

export interface Schedule {
  name: string;
  cron: string;
  timezone: string;
  catch_up: string;
  paused: boolean;
  paused_at: string | null;
  next: Moment | null;
  last: Firing | null;
}

export interface Whole extends Schedule {
  file: string;
  request: Record<string, unknown>;
  firings: Firing[];
}

/** `2027-01-01 01:30` of the schedule's own clock. */
export function local({ local: text }: Moment): string {
  return text.slice(0, 16).replace("T", " ");
}
