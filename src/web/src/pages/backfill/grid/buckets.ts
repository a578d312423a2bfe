/** Columns of the grid: the dates of a plan in calendar order, put together by day, week, month or quarter. */

export const UNITS = ["day", "week", "month", "quarter"] as const;
export type Unit = (typeof UNITS)[number];

/** Narrower columns than this many pixels tell nothing. */
export const NARROWEST = 6.5;

export interface Column {
  /** `2024-01-31`, `2024-W05`, `2024-01` or `2024-Q1`. */
  name: string;
  /** Its first and last date of the plan. */
  first: string;
  last: string;
  /** Its dates in calendar order, from here to before there. */
  from: number;
  to: number;
}

/** The places of dates in the plan, sorted by calendar: a plan may run from the last date to the first. */
export function chronological(dates: readonly string[]): Uint32Array {
  const ascending = dates.every((date, at) => at === 0 || dates[at - 1]! <= date);
  const order = Uint32Array.from(dates, (_, at) => at);
  return ascending ? order : order.sort((a, b) => (dates[a]! < dates[b]! ? -1 : dates[a]! > dates[b]! ? 1 : 0));
}

/** The dates as columns; `order` is what `chronological` says of them. */
export function columnsOf(dates: readonly string[], order: Uint32Array, unit: Unit): Column[] {
  const columns: Column[] = [];
  let last: Column | undefined;
  order.forEach((place, at) => {
    const date = dates[place]!;
    const name = nameOf(date, unit);
    if (last?.name === name) [last.last, last.to] = [date, at + 1];
    else columns.push((last = { name, first: date, last: date, from: at, to: at + 1 }));
  });
  return columns;
}

/** The finest unit whose columns are wide enough for all of them to stand side by side; else the coarsest. */
export function fitting(columns: Record<Unit, readonly Column[]>, width: number): Unit {
  return UNITS.find((unit) => columns[unit].length * NARROWEST <= width) ?? "quarter";
}

/** What a click on a column of so many dates shows instead: weeks lie across months, so none is made of a month. */
export function finer(unit: Unit): Unit | null {
  return { day: null, week: "day", month: "day", quarter: "month" }[unit] as Unit | null;
}

/** The column that holds a date, else the first behind it, else the last. */
export function columnAt(columns: readonly Column[], date: string): number {
  const found = columns.findIndex((column) => date <= column.last);
  return found < 0 ? columns.length - 1 : found;
}

export function nameOf(date: string, unit: Unit): string {
  switch (unit) {
    case "day":
      return date;
    case "week":
      return isoWeek(date);
    case "month":
      return date.slice(0, 7);
    case "quarter":
      return `${date.slice(0, 4)}-Q${Math.ceil(Number(date.slice(5, 7)) / 3)}`;
  }
}

const DAY = 86_400_000;

/** `2024-W05`: the week's year is that of its Thursday. */
function isoWeek(date: string): string {
  const day = new Date(`${date}T00:00:00Z`);
  const thursday = new Date(day.getTime() + (4 - (day.getUTCDay() || 7)) * DAY);
  const week = Math.ceil(((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / DAY + 1) / 7);
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, "0")}`;
}
