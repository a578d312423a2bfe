/** Which hours a timeline shows, and which of them can be folded. */
import { extentOf, type Bar, type Span } from "./bars";
import { foldable } from "./scale";

/** The hours at either side of what bars show, as a share of all. */
const MARGIN = 0.015;

/** All that bars show, and now unless it is over (null), with a margin of `least` milliseconds; undefined: nothing. */
export function hoursOf(bars: readonly Bar[], now: number | null, least: number): Span | undefined {
  const shown = extentOf(bars);
  if (!shown) return undefined;
  const [from, to] = now === null ? [shown.from, shown.to] : [Math.min(shown.from, now), Math.max(shown.to, now)];
  const margin = Math.max(least, (to - from) * MARGIN);
  return { from: from - margin, to: to + margin };
}

/** What can be folded: hours outside of run windows, or of all bars where there are none, in which no bar begins or ends. */
export function foldsOf(extent: Span, bars: readonly Bar[], windows: readonly Span[]): Span[] {
  const spans = bars.flatMap(({ solid, forecast }) => [solid ?? [], forecast ?? []].flat());
  return foldable(extent, windows.length ? windows : spans, spans.flatMap(({ from, to }) => [from, to]));
}

export function spansOf(windows: readonly [string, string][]): Span[] {
  return windows.map(([opens, closes]) => ({ from: Date.parse(opens), to: Date.parse(closes) }));
}
