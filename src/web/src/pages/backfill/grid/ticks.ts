/** Labels above the columns: as fine as there is room for, with the year wherever one begins. */
import { MONTHS } from "../../../words/time";
import type { Column } from "./buckets";

export interface Tick {
  column: number;
  label: string;
  /** Whether it says in which year we are. */
  strong: boolean;
}

const ROOM = 46;

/** What may be labelled, fine to coarse: how a date's period is called for comparison, and about how many days it has. */
const LEVELS: { days: number; period: (date: string) => string; label: (date: string) => string }[] = [
  { days: 1, period: (date) => date, label: (date) => (date.endsWith("-01") ? month(date) : String(Number(date.slice(8)))) },
  { days: 30.4, period: (date) => date.slice(0, 7), label: month },
  { days: 91.3, period: (date) => `${date.slice(0, 4)}-${Math.floor((Number(date.slice(5, 7)) - 1) / 3)}`, label: month },
  { days: 365.25, period: (date) => date.slice(0, 4), label: (date) => date.slice(0, 4) },
];

/**
 * Ticks of the columns from `from` to before `to`, each so many pixels wide. The first column in view always has one,
 * with its year, as without it nobody knows where they are.
 */
export function ticksOf(columns: readonly Column[], from: number, to: number, width: number): Tick[] {
  const level = levelOf(columns, width);
  const ticks: Tick[] = [];
  for (let column = from; column < to; column++) {
    const date = columns[column]!.first;
    const before = columns[column - 1]?.first ?? "";
    if (column > from && level.period(date) === level.period(before)) continue;
    const strong = column === from || date.slice(0, 4) !== before.slice(0, 4);
    const label = strong ? withYear(date, level.days) : level.label(date);
    const last = ticks.at(-1);
    if (last && (column - last.column) * width < needed(last)) {
      if (ticks.length > 1 || !strong) continue;
      ticks.pop(); // the first in view gives way to the beginning of a year
    }
    ticks.push({ column, label, strong });
  }
  return ticks;
}

function levelOf(columns: readonly Column[], width: number): (typeof LEVELS)[number] {
  const days = columns.length ? columns.reduce((sum, column) => sum + (column.to - column.from), 0) / columns.length : 1;
  const spread = span(columns) / Math.max(1, columns.length);
  const pixels = width / Math.max(days, spread);
  return LEVELS.find((level) => level.days * pixels >= (level.days === 1 ? 24 : ROOM)) ?? LEVELS.at(-1)!;
}

/** Days from the first column's first date to the last one's last, both included. */
function span(columns: readonly Column[]): number {
  if (!columns.length) return 1;
  return (Date.parse(columns.at(-1)!.last) - Date.parse(columns[0]!.first)) / 86_400_000 + 1;
}

function month(date: string): string {
  return MONTHS[Number(date.slice(5, 7)) - 1]!;
}

function withYear(date: string, days: number): string {
  if (days > 300) return date.slice(0, 4);
  return days === 1 && !date.endsWith("-01") ? `${Number(date.slice(8))} ${month(date)} ${date.slice(0, 4)}` : `${month(date)} ${date.slice(0, 4)}`;
}

/** Pixels that a label takes, about. */
function needed({ label, strong }: Tick): number {
  return label.length * (strong ? 7.4 : 6.8) + 10;
}
