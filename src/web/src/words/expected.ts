/** When a backfill is expected to end, in words. */
import { away, duration } from "./time";

/** `in 2 h 10 min ± 20 min`: the likely end, and how much later it is in nine of ten cases; "" while nobody knows. */
export function expected(likely: string | null | undefined, slow: string | null | undefined, now: Date): string {
  if (!likely) return "";
  const end = new Date(likely);
  if (end <= now) return "any moment";
  const error = slow ? Math.round((new Date(slow).getTime() - end.getTime()) / 1000) : 0;
  return away(end, now) + (error > 0 ? ` ± ${duration(rounded(error))}` : "");
}

/** An error is no closer than a twentieth of itself. */
function rounded(seconds: number): number {
  const step = seconds < 60 ? 1 : seconds < 3600 ? 60 : 600;
  return Math.max(step, Math.round(seconds / step) * step);
}
