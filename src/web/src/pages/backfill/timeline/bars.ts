/** What a row of the timeline shows: what was, solid; what is expected, hatched; and how late it may get. */
import { many } from "../../../words/numbers";
import { BAD, DONE, STATES, sum, type Counts, type State } from "../../../words/states";
import { clock, day, duration } from "../../../words/time";
import type { Dates } from "./answer";

/** Milliseconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

export interface Stretch extends Span {
  tone: State;
}

export interface Bar {
  key: string | number;
  name: string;
  /** Of its instances. */
  counts: Counts;
  /** Open, and begun. */
  going: boolean;
  /** The state whose colour it has. */
  tone: State | "held";
  /** Something of it failed. */
  bad: boolean;
  /** Attempts before the last one: they are shown where the last ones leave room, and do not set the scale. */
  earlier: readonly Stretch[];
  solid: Span | undefined;
  forecast: Span | undefined;
  /** From the end that is expected half of the time to the one nine of ten times. */
  whisker: Span | undefined;
  /** Short, right of it. */
  note: string;
  /** All of it in words. */
  label: string;
}

export function barOf(dates: Dates, now: number): Bar {
  const [begin, end, starts, half, most] = [dates.begin, dates.end, dates.expected_begin, dates.expected_end_p50, dates.expected_end_p90].map(at);
  const going = begin !== undefined && end === undefined;
  const solid = begin === undefined ? undefined : { from: begin, to: end ?? Math.max(now, begin) };
  const open = end === undefined && half !== undefined;
  const from = solid?.to ?? starts;
  const failed = sum(dates.counts, BAD);
  return {
    key: dates.name,
    name: dates.name,
    counts: dates.counts,
    going,
    tone: going ? (dates.runs.running ? "running" : "held") : toneOf(dates),
    bad: failed > 0,
    earlier: [],
    solid,
    forecast: open && from !== undefined && half > from ? { from, to: half } : undefined,
    whisker: open && most !== undefined && most > half ? { from: Math.max(half, from ?? half), to: most } : undefined,
    note: [solid && !going ? duration((solid.to - solid.from) / 1000) : "", failed && !dates.runs.failed ? `${failed} failed` : ""].filter(Boolean).join(", "),
    label: `${dates.name}: ${said(dates)}`,
  };
}

/** The first and the last moment of all that bars show; undefined where they show nothing. */
export function extentOf(bars: readonly Bar[]): Span | undefined {
  const spans = bars.flatMap(({ solid, forecast, whisker }) => [solid, forecast, whisker]).filter((span) => span !== undefined);
  if (!spans.length) return undefined;
  return { from: spans.reduce((least, span) => Math.min(least, span.from), Infinity), to: spans.reduce((most, span) => Math.max(most, span.to), -Infinity) };
}

/** How long bars are that are neither among the short nor the long ones, in milliseconds; 0 where there are none. */
export function usualLength(bars: readonly Bar[]): number {
  const lengths = bars.map(({ solid, forecast }) => (forecast?.to ?? solid?.to ?? 0) - (solid?.from ?? forecast?.from ?? 0)).filter((length) => length > 0);
  return lengths.sort((a, b) => a - b)[lengths.length >> 1] ?? 0;
}

/** When all is done half of the time and nine of ten times; undefined where nothing is open, or an end is not known. */
export function endsOf(rows: readonly Dates[]): { half: number; most: number } | undefined {
  const open = rows.filter((row) => row.end === null);
  const half = open.map((row) => at(row.expected_end_p50));
  const most = open.map((row) => at(row.expected_end_p90));
  if (!open.length || half.includes(undefined) || most.includes(undefined)) return undefined;
  return { half: Math.max(...(half as number[])), most: Math.max(...(most as number[])) };
}

/** `2026-11-22 06:06`. */
export function stamp(moment: number | string): string {
  const when = new Date(moment);
  return `${day(when)} ${clock(when)}`;
}

function toneOf({ counts }: Dates): State {
  if (sum(counts, BAD)) return "failed";
  if (counts.cancelled) return "cancelled";
  return counts.succeeded || !sum(counts, STATES) ? "succeeded" : "skipped";
}

function said(dates: Dates): string {
  const total = sum(dates.counts, STATES);
  const failed = sum(dates.counts, BAD);
  const words = [`${Object.keys(dates.runs).map((word) => word.replace("_", " ")).join(", ")}, ${sum(dates.counts, DONE)} of ${many(total, "instance")} done`];
  if (failed) words.push(`${failed} failed`);
  if (dates.begin) words.push(dates.end ? `from ${stamp(dates.begin)} to ${stamp(dates.end)}` : `since ${stamp(dates.begin)}`);
  else if (dates.expected_begin) words.push(`expected to begin at ${stamp(dates.expected_begin)}`);
  if (!dates.end && dates.expected_end_p50) words.push(`expected to end at ${stamp(dates.expected_end_p50)}`);
  if (!dates.end && dates.expected_end_p90) words.push(`nine of ten times by ${stamp(dates.expected_end_p90)}`);
  return words.join(", ");
}

function at(moment: string | null): number | undefined {
  return moment === null ? undefined : Date.parse(moment);
}
