/** Run windows, as the form holds them. */
import type { Draft } from "./draft";

export type Hours = Pick<Draft, "windowType" | "windowStart" | "windowEnd" | "immediately">;

/** What is often chosen; the end is the last second in which something may start. */
export const HOURS = [
  { name: "22:00–06:00", type: "Daily", start: "22:00:00", end: "06:00:00" },
  { name: "20:00–08:00", type: "Daily", start: "20:00:00", end: "08:00:00" },
  { name: "Weekends", type: "Weekend", start: "00:00:00", end: "23:59:59" },
] as const;

