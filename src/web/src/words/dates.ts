/** Business dates as ISO texts, and ranges of them: both ends included, in order, never touching each other. */

export interface Range {
  /** `2026-01-31`, or a word that the daemon reads: `yesterday`, `-7d`. */
  first: string;
  last: string;
}

const DAY = 86_400_000;

/** Whether it is a date of the calendar, `2026-01-31`. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && iso(ordinal(text)) === text;
}

/** Days since 1970-01-01. */
export function ordinal(date: string): number {
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time) ? NaN : time / DAY;
}

export function iso(day: number): string {
  return Number.isNaN(day) ? "" : new Date(day * DAY).toISOString().slice(0, 10);
}

/** 0 for a Monday. */
export function weekday(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** The ranges that hold exactly these dates. */
export function rangesOf(dates: readonly string[]): Range[] {
  const found: Range[] = [];
  for (const day of dates.map(ordinal).sort((a, b) => a - b)) {
    const open = found.at(-1);
    if (open && ordinal(open.last) + 1 >= day) open.last = iso(day);
    else found.push({ first: iso(day), last: iso(day) });
  }
  return found;
}

/** Every date of ranges whose ends are dates and in order. */
export function datesOf(ranges: readonly Range[]): string[] {
  const found: string[] = [];
  for (const { first, last } of ranges) {
    if (!isDate(first) || !isDate(last)) continue;
    for (let day = ordinal(first); day <= ordinal(last); day++) found.push(iso(day));
  }
  return found;
}

/** The ranges with a date taken out where it is in them, else with it. */
export function toggled(ranges: readonly Range[], date: string): Range[] {
  const dates = new Set(datesOf(ranges));
  if (!dates.delete(date)) dates.add(date);
  return rangesOf([...dates]);
}

/** Whether every end is a date: words such as `yesterday` are known to the daemon alone. */
export function areDates(ranges: readonly Range[]): boolean {
  return ranges.every(({ first, last }) => isDate(first) && isDate(last));
}

/** `2026-01-01 → 2026-01-31`; a lone date stands alone. */
export function said({ first, last }: Range): string {
  return first === last ? first : `${first} → ${last}`;
}

/** Ranges that are often asked for, by their names; they end with the day before `today`. */
export function quick(today: string): [name: string, range: Range][] {
  const now = ordinal(today);
  const yesterday = iso(now - 1);
  const [year, month] = [Number(today.slice(0, 4)), Number(today.slice(5, 7))];
  const quarter = month - ((month - 1) % 3);
  return [
    ["Last 7 days", { first: iso(now - 7), last: yesterday }],
    ["Last month", { first: firstOf(year, month - 1), last: iso(ordinal(firstOf(year, month)) - 1) }],
    ["Last quarter", { first: firstOf(year, quarter - 3), last: iso(ordinal(firstOf(year, quarter)) - 1) }],
    ["Year to date", { first: firstOf(Number(yesterday.slice(0, 4)), 1), last: yesterday }],
  ];
}

function firstOf(year: number, month: number): string {
  return new Date(Date.UTC(year, month - 1, 1)).toISOString().slice(0, 10);
}
