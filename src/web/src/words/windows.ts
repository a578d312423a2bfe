/** Run windows in words. */
import type { RunWindow } from "../core/types";
import { away, moment } from "./time";

/** `22:00–07:00 on weekends`, of a run policy; none: the tasks have their own. */
export function hoursText(policy: Record<string, unknown> | null): string {
  if (!policy) return "the tasks' own";
  const [start, end] = [policy.start_time, policy.end_time].map((time) => String(time).replace(/^(\d\d:\d\d):00$/, "$1"));
  return `${start}–${end}${policy.type === "Weekend" ? " on weekends" : ""}${policy.immediately ? ", without waiting for cycle times" : ""}`;
}

/** `open until 07:00`, `opens 22:00`. */
export function standing(window: RunWindow, now: Date): string {
  if (!window.open) return `opens ${moment(window.opens_at, now)}`;
  return window.closes_at ? `open until ${moment(window.closes_at, now)}` : "open";
}

/** How all of these stand together: one that is open counts, else the one that opens first. */
export function hoursNow(windows: RunWindow[], now: Date): { word: string; note: string } {
  const open = windows.filter((each) => each.open);
  if (open.length) {
    const closes = open.flatMap((each) => each.closes_at ?? []).sort()[0];
    return { word: "Open", note: closes ? `the first closes ${away(closes, now)}` : "never closes" };
  }
  const next = windows.map((each) => each.opens_at).sort()[0];
  return next ? { word: "Closed", note: `opens ${away(next, now)}` } : { word: "Always", note: "no open backfill has one" };
}
