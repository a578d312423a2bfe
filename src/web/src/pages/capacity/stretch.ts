/** Where a run window lies in the hours that come. */
import type { RunWindow } from "../../core/types";

export const HOURS = 24;
const HOUR = 3_600_000;

/** The stretch that is open now, or opens next, in percent of the next 24 hours; nothing when it opens later. */
export function stretch(window: RunWindow, now: Date): { left: number; width: number } | undefined {
  const share = (moment: string): number => ((new Date(moment).getTime() - now.getTime()) / (HOURS * HOUR)) * 100;
  const left = Math.max(0, share(window.opens_at));
  const right = window.closes_at ? Math.min(100, share(window.closes_at)) : 100;
  return right > left ? { left, width: right - left } : undefined;
}

/** Full hours to name on the way: every sixth on the clock of the browser, and where each is, in percent. */
export function hours(now: Date): { at: number; name: string }[] {
  const first = new Date(now);
  first.setMinutes(0, 0, 0);
  const found = [];
  for (let hour = 1; hour <= HOURS; hour++) {
    const moment = new Date(first.getTime() + hour * HOUR);
    if (moment.getHours() % 6 === 0) {
      found.push({ at: ((moment.getTime() - now.getTime()) / (HOURS * HOUR)) * 100, name: `${String(moment.getHours()).padStart(2, "0")}:00` });
    }
  }
  return found.filter(({ at }) => at >= 0 && at <= 100);
}
