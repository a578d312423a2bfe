/** Round moments of the browser's zone, for the axis of time. */
import { clock, MONTHS } from "../../../words/time";
import type { Span } from "./bars";
import type { Scale } from "./scale";

export interface Tick {
  at: number;
  text: string;
  /** A day begins. */
  strong: boolean;
}

type Step = readonly [unit: "second" | "month", count: number];

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];
const STEPS: readonly Step[] = [
  ...[1, 5, 15, 30, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE].map((seconds) => ["second", seconds] as const),
  ...[HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY].map((seconds) => ["second", seconds] as const),
  ...[1, 3, 12, 24, 60].map((months) => ["month", months] as const),
];
const MONTH = 30 * DAY;
/** Ticks may be as near as this share of what they should be apart. */
const NEAREST = 0.7;

/** Ticks from the one before a moment to the one behind another, each at least `apart` milliseconds from the next. */
export function ticksOf(from: number, to: number, apart: number): Tick[] {
  const step = STEPS.find(([unit, count]) => (unit === "month" ? count * MONTH : count) * 1000 >= apart) ?? STEPS.at(-1)!;
  const found: Tick[] = [];
  for (let at = before(from, step), n = 0; ; n++) {
    const moment = after(at, step, n);
    if (moment.getTime() !== found.at(-1)?.at) found.push(tick(moment)); // an hour that clocks jump over is the next one
    if (moment.getTime() >= to) return found;
  }
}

/** The last round moment before; days are counted from Mondays, so that weeks begin with one. */
function before(moment: number, [unit, count]: Step): Date {
  const at = new Date(moment);
  if (unit === "month") {
    const months = at.getFullYear() * 12 + at.getMonth();
    return new Date(0, Math.floor(months / count) * count - 1900 * 12, 1);
  }
  if (count < DAY) return new Date(at.getFullYear(), at.getMonth(), at.getDate(), 0, 0, Math.floor(ofDay(at) / count) * count);
  const days = Math.round(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / 86_400_000) + 3; // 1970-01-01 was a Thursday
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() - (days % (count / DAY)));
}

/** `n` steps on, by the calendar: days of 23 and of 25 hours are one day. */
function after(from: Date, [unit, count]: Step, n: number): Date {
  const [year, month, date] = [from.getFullYear(), from.getMonth(), from.getDate()];
  if (unit === "month") return new Date(year, month + n * count, 1);
  const total = ofDay(from) + n * count;
  return new Date(year, month, date + Math.floor(total / DAY), 0, 0, total % DAY);
}

/** Seconds on the clock. */
function ofDay(moment: Date): number {
  return moment.getHours() * HOUR + moment.getMinutes() * MINUTE + moment.getSeconds();
}

function tick(moment: Date): Tick {
  const strong = ofDay(moment) === 0;
  return { at: moment.getTime(), text: strong ? dateText(moment) : clockText(moment), strong };
}

/**
 * The ticks of a scale from one place to another, `apart` pixels from each other: the days on which what was folded
 * goes on, and round moments between them.
 */
export function ticksOn(scale: Scale, folds: readonly Span[], from: number, to: number, apart: number): Tick[] {
  const [first, last] = [scale.moment(from), scale.moment(to)];
  const seen = ({ at }: { at: number }): boolean => at >= Math.max(first, scale.extent.from) && at <= Math.min(last, scale.extent.to);
  const places: number[] = [];
  const free = ({ at }: Tick): boolean => {
    const x = scale.x(at);
    if (places.some((other) => Math.abs(other - x) < apart * NEAREST)) return false;
    return places.push(x) > 0;
  };
  const days = folds.map((fold) => ({ at: fold.to, text: dateText(new Date(fold.to)), strong: true }));
  const round = ticksOf(first, last, scale.perPixel * apart).filter(({ at }) => !scale.folded(at));
  return [...days, ...round].filter(seen).filter(free).sort((a, b) => a.at - b.at);
}

/** `14:05`, with its seconds where it has some. */
function clockText(moment: Date): string {
  const seconds = moment.getSeconds();
  return seconds ? `${clock(moment)}:${String(seconds).padStart(2, "0")}` : clock(moment);
}

/** `22 Nov`, and the year where it begins. */
export function dateText(moment: Date): string {
  const year = moment.getMonth() === 0 && moment.getDate() === 1 ? ` ${moment.getFullYear()}` : "";
  return `${moment.getDate()} ${MONTHS[moment.getMonth()]}${year}`;
}
