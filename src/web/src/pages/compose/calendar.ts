/** What a plan does on each date, and in each month. */
import { iso, ordinal } from "../../words/dates";

/** `part`: some of it is left out; `aside`: all of it; `none`: no task has a cycle; `closed`: by the request's calendar. */
export type Kind = "run" | "part" | "aside" | "none" | "closed" | "excluded";

export interface Day {
  date: string;
  kind: Kind;
  /** Instances. */
  toRun: number;
  leftOut: number;
  /** Why it is closed. */
  why?: string;
}

export interface Planned {
  dates: string[];
  closed: { date: string; why: string }[];
  grid: { pattern_of: number[]; counts: number[][]; left_out: number[] };
}

/** Every date from the first to the last that the plan knows; those between that it does not are excluded. */
export function daysOf({ dates, closed, grid }: Planned): Day[] {
  const sizes = grid.counts.map((counts) => counts.reduce((sum, each) => sum + each, 0));
  const known = new Map<string, Day>(closed.map(({ date, why }) => [date, { date, kind: "closed", toRun: 0, leftOut: 0, why }]));
  dates.forEach((date, at) => {
    const [all, leftOut] = [sizes[grid.pattern_of[at]!]!, grid.left_out[at]!];
    known.set(date, { date, kind: kindOf(all, leftOut), toRun: all - leftOut, leftOut });
  });
  if (!known.size) return [];
  const ordinals = [...known.keys()].map(ordinal);
  const [first, last] = ordinals.reduce(([low, high], day) => [Math.min(low, day), Math.max(high, day)], [Infinity, -Infinity]);
  return Array.from({ length: last - first + 1 }, (_, at) => {
    const date = iso(first + at);
    return known.get(date) ?? { date, kind: "excluded", toRun: 0, leftOut: 0 };
  });
}

function kindOf(all: number, leftOut: number): Kind {
  if (!all) return "none";
  if (!leftOut) return "run";
  return leftOut < all ? "part" : "aside";
}

export const KINDS: Record<Kind, string> = {
  run: "to run", part: "some left out", aside: "already correct", none: "no cycle", closed: "closed", excluded: "excluded",
};

/** `2026-01-31, Saturday: 77 to run, 3 left out`. */
export function told({ date, kind, toRun, leftOut, why }: Day): string {
  const name = new Date(`${date}T00:00:00Z`).toLocaleDateString("en-GB", { weekday: "long", timeZone: "UTC" });
  const counts = kind === "run" || kind === "part" || kind === "aside" ? `${toRun} to run${leftOut ? `, ${leftOut} left out` : ""}` : KINDS[kind];
  return `${date}, ${name}: ${counts}${why ? ` (${why})` : ""}`;
}

/** A month of many years: how many dates of each kind. */
export interface Month {
  name: string;
  days: number;
  kinds: Partial<Record<Kind, number>>;
  toRun: number;
}

/** By year the twelve months; null where no date is asked. */
export function yearsOf(days: readonly Day[]): { year: string; months: (Month | null)[] }[] {
  const years: { year: string; months: (Month | null)[] }[] = [];
  for (const day of days) {
    const [year, month] = [day.date.slice(0, 4), Number(day.date.slice(5, 7)) - 1];
    if (years.at(-1)?.year !== year) years.push({ year, months: Array.from({ length: 12 }, () => null) });
    const months = years.at(-1)!.months;
    const found = (months[month] ??= { name: day.date.slice(0, 7), days: 0, kinds: {}, toRun: 0 });
    found.days++;
    found.toRun += day.toRun;
    found.kinds[day.kind] = (found.kinds[day.kind] ?? 0) + 1;
  }
  return years;
}
