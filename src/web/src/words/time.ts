/** Times as people read them. Moments come in UTC and are shown in the zone of the browser, named once a page. */

export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** `42 s`, `3 min 5 s`, `1 h 20 min`, `2 d 3 h`: two units at most. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return two(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86_400) return two(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return two(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3600), "h");
}

function two(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small ? `${big} ${bigUnit} ${small} ${smallUnit}` : `${big} ${bigUnit}`;
}

export const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

const pad = (n: number): string => String(n).padStart(2, "0");

/** `2026-11-22`, of the browser's zone. */
export function day(moment: Date): string {
  return `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
}

/** `14:05`. */
export function clock(moment: Date): string {
  return `${pad(moment.getHours())}:${pad(moment.getMinutes())}`;
}

/** `14:05` today, else `2026-11-22 14:05`. */
export function moment(at: Date | string, now: Date = new Date()): string {
  const when = typeof at === "string" ? new Date(at) : at;
  return day(when) === day(now) ? clock(when) : `${day(when)} ${clock(when)}`;
}

/** `2026-11-22 14:05:09`, always whole. */
export function exact(at: string): string {
  const when = new Date(at);
  return `${day(when)} ${clock(when)}:${pad(when.getSeconds())}`;
}

/** `5 min ago`, `in 2 h 10 min`. */
export function away(at: Date | string, now: Date = new Date()): string {
  const seconds = ((typeof at === "string" ? new Date(at) : at).getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) < 5) return "now";
  return seconds < 0 ? `${duration(-seconds)} ago` : `in ${duration(seconds)}`;
}

/** `5 min ago`, `in 3 h`: one unit, for what is looked at once a minute. */
export function age(at: Date | string, now: Date): string {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) < 60) return seconds < 0 ? "just now" : "in a minute";
  const [unit, name] = UNITS.find(([each]) => Math.abs(seconds) >= each)!;
  const many = `${Math.floor(Math.abs(seconds) / unit)} ${name}`;
  return seconds < 0 ? `${many} ago` : `in ${many}`;
}

const UNITS = [[86_400, "d"], [3600, "h"], [60, "min"]] as const;
