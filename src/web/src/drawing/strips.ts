/** Where dates stand in a calendar. */
import { ordinal, weekday } from "../words/dates";

/** Dates one after the other, weeks as columns: `lead` places of the first one are empty. */
export interface Strip<D> {
  name: string;
  lead: number;
  days: D[];
  /** Where months begin, by column from 0. */
  months: { name: string; column: number }[];
}

/** So many dates stand in one strip. */
const LONE = 190;

/** One strip, or one each half year. */
export function stripsOf<D extends { date: string }>(days: readonly D[]): Strip<D>[] {
  const strips: Strip<D>[] = [];
  for (const day of days) {
    const name = days.length > LONE ? halfOf(day.date) : "";
    let strip = strips.at(-1);
    if (strip?.name !== name) strips.push((strip = { name, lead: weekday(ordinal(day.date)), days: [], months: [] }));
    const column = Math.floor((strip.lead + strip.days.length) / 7);
    if (day.date.endsWith("-01") || !strip.days.length) addMonth(strip, day.date, column);
    strip.days.push(day);
  }
  return strips;
}

function halfOf(date: string): string {
  return `${date.slice(0, 4)}, ${Number(date.slice(5, 7)) <= 6 ? "first" : "second"} half`;
}

function addMonth(strip: Strip<unknown>, date: string, column: number): void {
  const before = strip.months.at(-1);
  if (before && column - before.column < 3) strip.months.pop(); // its name would run into the next
  strip.months.push({ name: monthName(date, !strip.months.length), column });
}

/** With its year where that is another than before, or nothing stands before it. */
function monthName(date: string, alone: boolean): string {
  const name = new Date(`${date}T00:00:00Z`).toLocaleDateString("en-GB", { month: "short", timeZone: "UTC" });
  return alone || date.slice(5, 7) === "01" ? `${name} ${date.slice(0, 4)}` : name;
}
