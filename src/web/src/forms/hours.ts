/** Run windows, as forms hold them, and to and from the JSON that the daemon takes. */

/** None where the type is empty. */
export interface Hours {
  windowType: string;
  windowStart: string;
  windowEnd: string;
  immediately: boolean;
}

/** What is often chosen; the end is the last second in which something may start. */
export const HOURS = [
  { name: "22:00–06:00", type: "Daily", start: "22:00:00", end: "06:00:00" },
  { name: "20:00–08:00", type: "Daily", start: "20:00:00", end: "08:00:00" },
  { name: "Weekends", type: "Weekend", start: "00:00:00", end: "23:59:59" },
] as const;

export function windowOf(hours: Hours): Record<string, unknown> {
  return {
    type: hours.windowType,
    start_time: seconds(hours.windowStart),
    end_time: seconds(hours.windowEnd),
    ...(hours.immediately && { immediately: true }),
  };
}

export function readWindow(policy: Record<string, unknown> | null | undefined, into: Hours): void {
  if (!policy) return;
  into.windowType = String(policy.type);
  [into.windowStart, into.windowEnd] = [String(policy.start_time), String(policy.end_time)];
  into.immediately = policy.immediately === true;
}

/** `22:00:00`, also of `22:00`, as fields of browsers leave out seconds that are 0. */
export function seconds(time: string): string {
  return /^\d{2}:\d{2}$/.test(time) ? `${time}:00` : time;
}
