import assert from "node:assert/strict";
import { test } from "node:test";

import type { Dates, Started } from "../../../src/web/src/pages/backfill/timeline/answer";
import { barOf, endsOf, extentOf } from "../../../src/web/src/pages/backfill/timeline/bars";
import { hoursOf } from "../../../src/web/src/pages/backfill/timeline/hours";
import { marksOf, widthOf, wordsOf } from "../../../src/web/src/pages/backfill/timeline/marks";
import { FOLD, foldable, merged, Scale } from "../../../src/web/src/pages/backfill/timeline/scale";
import { barOfStarted, repeated } from "../../../src/web/src/pages/backfill/timeline/started";
import { ticksOf, ticksOn } from "../../../src/web/src/pages/backfill/timeline/ticks";
import { draws } from "./draws";

process.env.TZ = "Europe/Berlin";
const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-22T02:00:00Z");

function dates(told: Partial<Dates>): Dates {
  const none = { begin: null, end: null, expected_begin: null, expected_end_p50: null, expected_end_p90: null };
  return { name: "2026-02-15", first: "2026-02-15", last: "2026-02-15", runs: { running: 1 }, counts: { waiting: 2 }, ...none, ...told };
}

/** Folds of an extent of 100 hours, in order and apart. */
function folds(draw: (below: number) => number): { from: number; to: number }[] {
  const edges = [...new Set(Array.from({ length: 2 * draw(6) }, () => draw(100) * HOUR))].sort((a, b) => a - b);
  return Array.from({ length: edges.length >> 1 }, (_, at) => ({ from: edges[2 * at]!, to: edges[2 * at + 1]! }));
}

test("Later is further right, and every place has its moment, whatever is folded", () => {
  const draw = draws(3);
  for (let n = 0; n < 100; n++) {
    const scale = new Scale({ from: 0, to: 100 * HOUR }, folds(draw), 200 + draw(3000));
    let before = -1;
    for (let at = 0; at <= 100; at++) {
      const x = scale.x(at * HOUR);
      assert.ok(x > before && x >= 0 && x <= scale.width + 1e-6);
      assert.ok(Math.abs(scale.moment(x) - at * HOUR) < 1000);
      before = x;
    }
    assert.ok(Math.abs(scale.x(100 * HOUR) - scale.width) < 1e-6);
  }
});

test("What is folded takes the same few pixels, and the rest has the room", () => {
  const scale = new Scale({ from: 0, to: 100 * HOUR }, [{ from: 10 * HOUR, to: 90 * HOUR }], 418);
  assert.equal(Math.round(scale.x(90 * HOUR) - scale.x(10 * HOUR)), FOLD);
  assert.equal(Math.round(scale.x(10 * HOUR)), 200);
  assert.ok(scale.folded(50 * HOUR));
  assert.ok(!scale.folded(5 * HOUR) && !scale.folded(10 * HOUR) && !scale.folded(90 * HOUR));
});

test("Folds lie between run windows, and no bar begins or ends inside of one", () => {
  const draw = draws(9);
  for (let n = 0; n < 100; n++) {
    const extent = { from: 0, to: 100 * HOUR };
    const open = folds(draw);
    const moments = Array.from({ length: draw(30) }, () => draw(100) * HOUR);
    for (const { from, to } of foldable(extent, open, moments)) {
      assert.ok(to - from > 2 * HOUR && from >= 0 && to <= 100 * HOUR);
      assert.ok(open.every((span) => span.to <= from || span.from >= to));
      assert.ok(moments.every((moment) => moment <= from || moment >= to));
    }
  }
});

test("What runs over the end of its window is not folded away", () => {
  const open = [{ from: 0, to: 9 * HOUR }, { from: 24 * HOUR, to: 33 * HOUR }];
  assert.deepEqual(foldable({ from: 0, to: 33 * HOUR }, open, [11 * HOUR]), [{ from: 11 * HOUR, to: 24 * HOUR }]);
});

test("Spans that touch are one", () => {
  assert.deepEqual(merged([{ from: 5, to: 9 }, { from: 0, to: 3 }, { from: 3, to: 6 }, { from: 12, to: 13 }]), [{ from: 0, to: 9 }, { from: 12, to: 13 }]);
});

test("Ticks are round hours of the browser's zone, apart, also on the days when clocks change", () => {
  for (const day of ["2026-03-28", "2026-07-01", "2026-10-24"]) {
    const from = Date.parse(`${day}T12:34:00Z`);
    for (const apart of [3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR]) {
      const ticks = ticksOf(from, from + 72 * HOUR, apart);
      assert.ok(ticks[0]!.at <= from && ticks.at(-1)!.at >= from + 72 * HOUR);
      ticks.slice(1).forEach(({ at }, n) => assert.ok(at - ticks[n]!.at >= apart - HOUR));
      for (const { at, strong } of ticks) {
        assert.equal(new Date(at).getHours() % Math.min(24, apart / HOUR), 0);
        assert.equal(strong, new Date(at).getHours() === 0);
      }
    }
  }
});

test("Short times have ticks at round seconds, told where they are not whole minutes", () => {
  const ticks = ticksOf(NOW + 52_000, NOW + 68_000, 4000);
  assert.deepEqual(ticks.map(({ text }) => text), ["03:00:50", "03:00:55", "03:01", "03:01:05", "03:01:10"]);
});

test("Long times have ticks at months, and name the year where it begins", () => {
  const ticks = ticksOf(Date.parse("2025-11-20T00:00:00Z"), Date.parse("2026-03-02T00:00:00Z"), 30 * 24 * HOUR);
  assert.deepEqual(ticks.map(({ text }) => text), ["1 Nov", "1 Dec", "1 Jan 2026", "1 Feb", "1 Mar", "1 Apr"]);
});

test("Weeks begin with Mondays", () => {
  for (const { at } of ticksOf(NOW, NOW + 60 * 24 * HOUR, 7 * 24 * HOUR)) assert.equal(new Date(at).getDay(), 1);
});

test("Ticks keep their distance, and each day after a fold has one", () => {
  const begin = Date.parse("2026-11-01T21:00:00Z");
  const nights = Array.from({ length: 9 }, (_, n) => ({ from: begin + (24 * n + 9) * HOUR, to: begin + (24 * n + 24) * HOUR }));
  const scale = new Scale({ from: begin, to: begin + 10 * 24 * HOUR }, nights, 4000);
  const ticks = ticksOn(scale, nights, 0, 4000, 84);
  ticks.slice(1).forEach(({ at }, n) => assert.ok(scale.x(at) - scale.x(ticks[n]!.at) >= 58));
  for (const night of nights) assert.ok(ticks.some(({ at }) => at === night.to));
});

test("A date that is done is a solid bar as long as it took", () => {
  const bar = barOf(dates({ runs: { succeeded: 1 }, counts: { succeeded: 2 }, begin: "2026-11-21T22:00:00Z", end: "2026-11-21T23:07:00Z" }), NOW);
  assert.deepEqual([bar.tone, bar.note, bar.forecast, bar.whisker, bar.going], ["succeeded", "1 h 7 min", undefined, undefined, false]);
  assert.match(bar.label, /^2026-02-15: succeeded, 2 of 2 instances done, from 2026-11-21 23:00 to 2026-11-22 00:07$/);
});

test("A date that runs is solid until now and hatched from now on", () => {
  const told = { begin: "2026-11-22T01:00:00Z", expected_begin: "2026-11-22T01:00:00Z", expected_end_p50: "2026-11-22T03:00:00Z", expected_end_p90: "2026-11-22T04:00:00Z" };
  const bar = barOf(dates({ counts: { running: 1, failed: 1 }, ...told }), NOW);
  assert.deepEqual([bar.solid, bar.forecast], [{ from: NOW - HOUR, to: NOW }, { from: NOW, to: NOW + HOUR }]);
  assert.deepEqual([bar.whisker, bar.tone, bar.bad, bar.note], [{ from: NOW + HOUR, to: NOW + 2 * HOUR }, "running", true, "1 failed"]);
});

test("A date that is to come is hatched only; one that nobody can tell of has no bar", () => {
  const bar = barOf(dates({ runs: { queued: 1 }, expected_begin: "2026-11-22T05:00:00Z", expected_end_p50: "2026-11-22T06:00:00Z" }), NOW);
  assert.deepEqual([bar.solid, bar.forecast, bar.whisker], [undefined, { from: NOW + 3 * HOUR, to: NOW + 4 * HOUR }, undefined]);
  assert.equal(extentOf([barOf(dates({}), NOW)]), undefined);
});

test("What is paused is held up, what is cancelled is grey, what was skipped does not look like success", () => {
  const over = { begin: "2026-11-22T01:00:00Z", end: "2026-11-22T01:00:05Z" };
  const tone = (told: Partial<Dates>): string => barOf(dates({ ...over, ...told }), NOW).tone;
  assert.equal(tone({ end: null, runs: { paused: 1 } }), "held");
  assert.equal(tone({ counts: { succeeded: 5, cancelled: 1 } }), "cancelled");
  assert.equal(tone({ counts: { skipped: 3, left_out: 1 } }), "skipped");
  assert.equal(tone({ counts: { succeeded: 5, lost: 1 } }), "failed");
});

test("All is done when the last date is; where one is never done by itself, nobody can say", () => {
  const open = (half: string | null, most: string | null): Dates => dates({ expected_end_p50: half, expected_end_p90: most });
  const [one, two] = [open("2026-11-22T03:00:00Z", "2026-11-22T09:00:00Z"), open("2026-11-22T05:00:00Z", "2026-11-22T06:00:00Z")];
  assert.deepEqual(endsOf([one, two]), { half: NOW + 3 * HOUR, most: NOW + 7 * HOUR });
  assert.equal(endsOf([one, open(null, null)]), undefined);
  assert.equal(endsOf([dates({ end: "2026-11-22T01:00:00Z" })]), undefined);
});

test("Words of lines never lie over each other, nor left of the sheet, however near the lines are", () => {
  const draw = draws(5);
  for (let n = 0; n < 500; n++) {
    const half = draw(200);
    const ends = draw(5) ? { half, most: half + draw(150) } : undefined;
    const words = wordsOf(marksOf(draw(5) ? draw(300) : null, ends, (at) => at), (at) => at);
    const spans = words.map(({ left, before, text }) => (before ? [left - widthOf(text), left] : [left, left + widthOf(text)]) as [number, number]);
    spans.forEach(([from], place) => assert.ok(from >= (spans[place - 1]?.[1] ?? 0)));
    words.forEach(({ at, left, before }) => assert.ok(before ? left === at : left >= at));
  }
});

test("Where there is room each word stands behind its line; now stands before it where the end is near", () => {
  const told = (now: number, half: number, most: number): unknown => wordsOf(marksOf(now, { half, most }, (at) => at), (at) => at).map(({ left, before }) => [left, before]);
  assert.deepEqual(told(100, 300, 500), [[100, false], [300, false], [500, false]]);
  assert.deepEqual(told(100, 110, 300), [[100, true], [110, false], [300, false]]);
  assert.deepEqual(told(300, 310, 320), [[300, true], [310, false]]); // 50–90 %
});

/** An instance with attempts that each begin an hour after the one before, and run for so many minutes; null: still. */
function started(told: Partial<Started>, ...minutes: (number | null)[]): Started {
  const at = (n: number, minutes: number): string => new Date(NOW - 9 * HOUR + n * HOUR + minutes * 60_000).toISOString();
  const attempts = minutes.map((lasts, n) => ({
    number: n + 1,
    state: lasts === null ? "running" : n === minutes.length - 1 ? (told.state ?? "succeeded") : "failed",
    claimed_at: at(n, 0),
    started_at: at(n, 1),
    ended_at: lasts === null ? null : at(n, 1 + lasts),
  }));
  return { id: 7, task: "clean", state: "succeeded", held: false, cycle_time: "2026-11-22T04:00:00Z", changed_at: null, ...told, attempts } as Started;
}

test("The last attempt of a task sets the scale; those before it are bars of their own", () => {
  const bar = barOfStarted(started({ state: "failed" }, 5, 6, 7), NOW, false);
  assert.deepEqual([bar.tone, bar.note, bar.earlier.map(({ tone }) => tone)], ["failed", "7 min, failed, attempt 3", ["failed", "failed"]]);
  assert.deepEqual(extentOf([bar]), { from: bar.solid?.from, to: bar.solid?.to });
  assert.ok(bar.earlier.every(({ to }) => to < bar.solid!.from));
  assert.match(bar.label, /^clean: failed, attempt 3, from 2026-11-21 20:01:00 to 2026-11-21 20:08:00$/);
});

test("An attempt that runs ends now; what was settled without one is at that moment; what waits has no bar", () => {
  const running = barOfStarted(started({ state: "running" }, null), NOW, true);
  assert.deepEqual([running.going, running.solid?.to, running.name], [true, NOW, "clean 05:00"]);
  const at = "2026-11-22T01:00:00Z";
  assert.deepEqual(barOfStarted(started({ changed_at: at }), NOW, false).solid, { from: NOW - HOUR, to: NOW - HOUR, tone: "succeeded" });
  const waiting = barOfStarted(started({ state: "waiting", held: true, changed_at: at }), NOW, false);
  assert.deepEqual([waiting.solid, waiting.note], [undefined, "held"]);
  assert.deepEqual([...repeated([started({}), started({ task: "once" }), started({})])], ["clean"]);
});

test("All that bars show is seen, and now unless it is over", () => {
  const bars = [barOfStarted(started({}, 5), NOW, false)];
  const [over, open] = [hoursOf(bars, null, 2000)!, hoursOf(bars, NOW, 2000)!];
  assert.ok(over.from < bars[0]!.solid!.from && over.to < NOW && open.to > NOW);
  assert.equal(hoursOf([], NOW, 2000), undefined);
});
