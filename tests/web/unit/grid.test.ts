import assert from "node:assert/strict";
import { test } from "node:test";

import { neighbour } from "../../../src/web/src/pages/backfill/drawer/neighbours";
import { chronological, columnAt, columnsOf, fitting, finer, nameOf, UNITS, type Column, type Unit } from "../../../src/web/src/pages/backfill/grid/buckets";
import { Bytes, uniform } from "../../../src/web/src/pages/backfill/grid/cells";
import { nextFailure } from "../../../src/web/src/pages/backfill/grid/failures";
import { columnWidth, Frame, under, type Given } from "../../../src/web/src/pages/backfill/grid/frame";
import { rowAt, rowsOf, tasksOf, usual } from "../../../src/web/src/pages/backfill/grid/rows";
import { boxFrom, boxOf, moved, textOf } from "../../../src/web/src/pages/backfill/grid/selection";
import { Counted, Whole } from "../../../src/web/src/pages/backfill/grid/source";
import { ORDER, stacked } from "../../../src/web/src/pages/backfill/grid/stack";
import { ticksOf } from "../../../src/web/src/pages/backfill/grid/ticks";
import { spoken } from "../../../src/web/src/pages/backfill/grid/told";
import { KINDS, Matrix, RUN } from "../../../src/web/src/pages/backfill/matrix.svelte";
import { HELD, STATES } from "../../../src/web/src/words/states";

const DAY = 86_400_000;

function days(first: string, many: number, step = 1): string[] {
  return Array.from({ length: many }, (_, at) => new Date(Date.parse(first) + at * step * DAY).toISOString().slice(0, 10));
}

function task(id: number, name: string, layer = 0, workflow = "daily") {
  return { id, name, project: "shop", workflow, layer };
}

/** Two tasks: one once a date, one twice, around it; on odd dates the second has no cycle. */
function matrix(dates: string[], bytes?: number[]): Matrix {
  const patterns = [
    { size: 3, layout: [[1, 1], [0, 1], [1, 1]] as [number, number][] },
    { size: 1, layout: [[0, 1]] as [number, number][] },
  ];
  const patternOf = dates.map((_, at) => at % 2);
  const size = patternOf.reduce((sum, pattern) => sum + patterns[pattern]!.size, 0);
  const is = {
    backfill_id: 1, plan_hash: "", size, tasks: [task(10, "daily"), task(11, "twice")], edges: [], previous_edges: [], dates_edges: [],
    patterns, dates, runs: dates.map((_, at) => 7 + at), pattern_of: patternOf,
  };
  return new Matrix(is, Uint8Array.from(bytes ?? Array<number>(size).fill(0)));
}

/** Numbers that look random and are the same each time. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("Columns of every unit hold each date once, in the order of the calendar", () => {
  const dates = days("2023-11-28", 500).reverse();
  const order = chronological(dates);
  for (const unit of UNITS) {
    const columns = columnsOf(dates, order, unit);
    assert.equal(columns[0]!.from, 0);
    assert.equal(columns.at(-1)!.to, dates.length);
    columns.forEach((column, at) => {
      assert.equal(column.from, columns[at - 1]?.to ?? 0);
      assert.equal(column.first, dates[order[column.from]!]);
      assert.equal(column.last, dates[order[column.to - 1]!]);
      for (let date = column.from; date < column.to; date++) assert.equal(nameOf(dates[order[date]!]!, unit), column.name);
    });
    assert.equal(new Set(columns.map((column) => column.name)).size, columns.length);
  }
});

test("Weeks are those of ISO 8601, whose year is that of their Thursday", () => {
  const weeks = { "2021-01-03": "2020-W53", "2021-01-04": "2021-W01", "2024-12-30": "2025-W01", "2026-12-31": "2026-W53", "2027-01-03": "2026-W53" };
  for (const [date, week] of Object.entries(weeks)) assert.equal(nameOf(date, "week"), week);
  assert.equal(nameOf("2024-04-01", "quarter"), "2024-Q2");
});

test("The finest unit is shown whose columns are wide enough, and a closer look is always finer", () => {
  const dates = days("2016-09-01", 3650);
  const columns = Object.fromEntries(UNITS.map((unit) => [unit, columnsOf(dates, chronological(dates), unit)])) as Record<Unit, Column[]>;
  assert.equal(fitting(columns, 3650 * 6.5), "day");
  assert.equal(fitting(columns, 1170), "month");
  assert.equal(fitting(columns, 400), "quarter");
  assert.equal(fitting(columns, 10), "quarter");
  for (const unit of UNITS) assert.ok(finer(unit) === null ? unit === "day" : UNITS.indexOf(finer(unit)!) < UNITS.indexOf(unit));
});

test("A date without a column of its own is in the next one, or the last", () => {
  const columns = columnsOf(days("2024-01-01", 10, 7), chronological(days("2024-01-01", 10, 7)), "day");
  assert.equal(columnAt(columns, "2024-01-08"), 1);
  assert.equal(columnAt(columns, "2024-01-09"), 2);
  assert.equal(columnAt(columns, "1999-01-01"), 0);
  assert.equal(columnAt(columns, "2099-01-01"), 9);
});

test("Tasks stand under their group, and a shut or filtered one keeps its tasks to itself", () => {
  const tasks = [task(1, "load", 1, "b"), task(2, "extract", 0, "a"), task(3, "clean", 1, "a")];
  const all = { grouping: "layer", shut: new Set<string>(), filter: "" } as const;
  assert.deepEqual(rowsOf(tasks, all).map((row) => row.name), ["Layer 1", "extract", "Layer 2", "load", "clean"]);
  assert.deepEqual(rowsOf(tasks, { ...all, shut: new Set(["g1"]) }).map((row) => row.key), ["g0", "2", "g1"]);
  assert.deepEqual(rowsOf(tasks, { ...all, shut: "all" }).map((row) => row.tasks), [[1], [0, 2]]);
  assert.deepEqual(rowsOf(tasks, { ...all, filter: "EAN" }).map((row) => row.name), ["Layer 2", "clean"]);
  assert.deepEqual(rowsOf(tasks, { ...all, grouping: "workflow" }).map((row) => row.name), ["shop/b", "load", "shop/a", "extract", "clean"]);
  assert.deepEqual(rowsOf(tasks, { ...all, grouping: "none" }).map((row) => row.name), ["load", "extract", "clean"]);
});

test("A task is found by its key or name, and in its group when that is shut", () => {
  const tasks = [task(1, "load", 1), task(2, "extract", 0)];
  const open = rowsOf(tasks, { grouping: "layer", shut: new Set(), filter: "" });
  assert.equal(open[rowAt(open, tasks, "load")]!.key, "1");
  assert.equal(open[rowAt(open, tasks, "2")]!.name, "extract");
  const shut = rowsOf(tasks, { grouping: "layer", shut: "all", filter: "" });
  assert.equal(shut[rowAt(shut, tasks, "load")]!.key, "g1");
  assert.equal(rowAt(open, tasks, "nobody"), -1);
});

test("Headings are shown where they stand over enough tasks", () => {
  assert.equal(usual([task(1, "a", 0), task(2, "b", 1)]), "none");
  assert.equal(usual([task(1, "a", 0, "x"), task(2, "b", 0, "y")]), "workflow");
  assert.equal(usual(Array.from({ length: 8 }, (_, at) => task(at, `t${at}`, at % 2))), "layer");
});

test("Ticks never run into each other, and say the year where one begins", () => {
  for (const [step, many, unit, width] of [[1, 3650, "month", 9.7], [1, 365, "day", 12], [1, 365, "week", 22], [7, 200, "day", 12], [1, 30, "day", 40]] as const) {
    const dates = days("2016-11-17", many, step);
    const columns = columnsOf(dates, chronological(dates), unit);
    const ticks = ticksOf(columns, 0, columns.length, width);
    assert.ok(ticks.length > 1);
    assert.ok(ticks[0]!.strong);
    ticks.slice(1).forEach((tick, at) => assert.ok((tick.column - ticks[at]!.column) * width >= ticks[at]!.label.length * 6.8, `${unit} ${tick.label}`));
    for (const tick of ticks) assert.equal(tick.strong, /\d{4}/.test(tick.label));
  }
});

test("Keys move within the grid, and others do not", () => {
  const extent = { rows: 10, columns: 20, page: { rows: 4, columns: 8 } };
  const go = (key: string, row = 5, column = 5) => moved({ row, column }, key, extent);
  assert.deepEqual(go("ArrowUp", 0), { row: 0, column: 5 });
  assert.deepEqual(go("ArrowRight", 5, 19), { row: 5, column: 19 });
  assert.deepEqual(go("PageDown"), { row: 9, column: 5 });
  assert.deepEqual(go("PageUp"), { row: 1, column: 5 });
  assert.deepEqual([go("Home"), go("End")], [{ row: 5, column: 0 }, { row: 5, column: 19 }]);
  assert.equal(go("Tab"), null);
});

test("What is selected reads the same after it has been in the address, also among other columns", () => {
  const dates = days("2024-01-01", 90);
  const rows = rowsOf([task(1, "a"), task(2, "b", 1)], { grouping: "layer", shut: new Set(), filter: "" });
  const [daily, monthly] = (["day", "month"] as const).map((unit) => columnsOf(dates, chronological(dates), unit)) as [Column[], Column[]];
  const box = boxOf({ row: 3, column: 40 }, { row: 0, column: 4 });
  const text = textOf(box, daily, rows);
  assert.equal(text, "2024-01-05..2024-02-10,g0..2");
  assert.deepEqual(boxFrom(text, daily, rows), box);
  assert.deepEqual(boxFrom(text, monthly, rows), { top: 0, bottom: 3, left: 0, right: 1 });
  for (const wrong of ["", "2024-01-05,g0", "2024-01-05..2024-02-10,9..9"]) assert.equal(boxFrom(wrong, daily, rows), null);
  assert.deepEqual(tasksOf(rows), [0, 1], "tasks of a group and of its rows count once");
});

test("Counts by date and task stay those of the bytes, whatever deltas come", () => {
  const roll = dice(3);
  const it = matrix(days("2024-01-01", 9));
  for (let round = 0; round < 200; round++) {
    const index = Array.from({ length: 1 + roll(6) }, () => roll(it.bytes.length));
    it.apply(index, index.map(() => roll(9) | (roll(2) * HELD)));
  }
  const fresh = matrix(days("2024-01-01", 9), [...it.bytes]);
  assert.deepEqual([it.perDate, it.perTask], [fresh.perDate, fresh.perTask]);
  assert.deepEqual(it.count(0, 8, [0, 1]), it.count(0, 8, [1]).map((n, kind) => n + it.count(0, 8, [0])[kind]!));
  assert.equal(it.version, 200);
});

test("An instance is found where it lies, and one of another plan is not", () => {
  const it = matrix(days("2024-01-01", 4));
  for (let place = 0; place < it.bytes.length; place++) assert.equal(it.place(it.instance(place)), place);
  assert.deepEqual([it.place(6 * RUN), it.place(8 * RUN + 1)], [undefined, undefined]);
  assert.deepEqual(it.places(2, 1), [4, 6]);
  assert.deepEqual(it.places(1, 1), []);
});

test("A cell adds up a row's tasks on a column's dates, and tells flags only of one instance", () => {
  const dates = days("2024-01-01", 4);
  const it = matrix(dates, [3, 4, 3, 2 | HELD, 0, 0, 0, 1]);
  const [daily, monthly] = [columnsOf(dates, chronological(dates), "day"), columnsOf(dates, chronological(dates), "month")];
  const cells = new Bytes(it, chronological(dates), [...daily, ...monthly]);
  const [group, first, second] = rowsOf(it.is.tasks, { grouping: "layer", shut: new Set(), filter: "" });
  const into = new Uint32Array(KINDS);
  assert.equal(cells.read(group!, monthly[0]!, into), 8);
  assert.deepEqual([...into.slice(0, 5)], [3, 1, 1, 2, 1]);
  assert.equal(cells.read(first!, daily[1]!, into), 1);
  assert.equal(cells.flags, HELD);
  assert.equal(uniform(into, 1), STATES.indexOf("running"));
  assert.equal(cells.single(first!, daily[1]!), 8 * RUN);
  assert.equal(cells.read(second!, daily[1]!, into), 0);
  assert.equal(cells.read(second!, daily[0]!, into), 2);
  assert.deepEqual([cells.flags, cells.single(second!, daily[0]!), uniform(into, 2)], [0, undefined, STATES.indexOf("succeeded")]);
});

test("Large cells are counted as small ones are, whatever deltas come between", () => {
  const roll = dice(11);
  const dates = days("2024-01-20", 90);
  const order = chronological(dates);
  const it = matrix(dates);
  const rows = rowsOf(it.is.tasks, { grouping: "layer", shut: new Set(), filter: "" });
  const columns = columnsOf(dates, order, "quarter");
  const kept = new Bytes(it, order, columns);
  const [mine, fresh] = [new Uint32Array(KINDS), new Uint32Array(KINDS)];
  for (let round = 0; round < 60; round++) {
    for (const column of columns) {
      for (const row of rows) {
        assert.equal(kept.read(row, column, mine), new Bytes(it, order, columns).read(row, column, fresh));
        assert.deepEqual(mine, fresh);
      }
    }
    const index = Array.from({ length: 1 + roll(4) }, () => roll(it.bytes.length));
    if (roll(3)) it.apply(index, index.map(() => roll(9)));
  }
});

test("Counts of the daemon's read as those of the bytes do", () => {
  const roll = dice(5);
  const dates = days("2024-01-20", 90).reverse();
  const whole = new Whole(matrix(dates));
  whole.matrix.apply([...whole.matrix.bytes.keys()], [...whole.matrix.bytes.keys()].map(() => roll(9)));
  const columns = columnsOf(dates, chronological(dates), "month");
  const [single, counts] = [rowsOf(whole.is.tasks, { grouping: "none", shut: new Set(), filter: "" }), new Uint32Array(KINDS)];
  const bytes = whole.cells(columns);
  const read = (row: (typeof single)[number]) => columns.toReversed().map((column) => (bytes.read(row, column, counts), [...counts.slice(0, STATES.length)]));
  const spans = columns.toReversed();
  const counted = new Counted(whole.is, { version: 1, unit: "month", states: [...STATES], spans, counts: single.map(read) });
  const mine = new Uint32Array(KINDS);
  for (const row of rowsOf(whole.is.tasks, { grouping: "layer", shut: new Set(), filter: "" })) {
    for (const column of columns) {
      assert.equal(counted.cells().read(row, column, mine), bytes.read(row, column, counts));
      assert.deepEqual(mine, counts);
      assert.equal(counted.cells().failed(column), bytes.failed(column));
    }
  }
});

test("A failure is found in either direction, once round, and not twice in a group and its task", () => {
  const dates = days("2024-01-01", 4);
  const it = matrix(dates, [3, 4, 3, 3, 0, 5, 0, 1]);
  const order = chronological(dates);
  const columns = columnsOf(dates, order, "day");
  const rows = rowsOf(it.is.tasks, { grouping: "layer", shut: new Set(), filter: "" });
  const seek = (row: number, column: number, step: 1 | -1) =>
    nextFailure({ row, column }, step, columns, rows, new Bytes(it, order, columns));
  assert.deepEqual(seek(0, 0, 1), { row: 1, column: 0 });
  assert.deepEqual(seek(1, 0, 1), { row: 1, column: 2 });
  assert.deepEqual(seek(1, 2, 1), { row: 1, column: 0 });
  assert.deepEqual(seek(1, 0, -1), { row: 1, column: 2 });
  it.apply([1, 5], [3, 3]);
  assert.equal(seek(0, 0, 1), null);
});

test("A stack is as high as its cell, in order, and what failed is high enough to be seen", () => {
  const roll = dice(7);
  const tops = new Float64Array(ORDER.length);
  for (let round = 0; round < 500; round++) {
    const counts = Uint32Array.from({ length: KINDS }, (_, kind) => (kind < 9 ? roll(3) * roll(40) : 0));
    const total = counts.reduce((sum, n) => sum + n, 0);
    if (!total) continue;
    stacked(counts, total, 20, 3, tops);
    tops.forEach((top, at) => assert.ok(top >= (tops[at - 1] ?? 0) - 1e-9));
    assert.ok(Math.abs(tops.at(-1)! - 20) < 1e-9);
    const worst = counts[4]! + counts[5]!;
    const good = tops[ORDER.indexOf(STATES.indexOf("cancelled"))]!;
    assert.ok(worst ? 20 - good >= 3 - 1e-9 : good === 20);
  }
});

test("What is under a point is what is drawn there", () => {
  const given: Given = {
    width: 800, height: 400, scrollX: 130, scrollY: 37, labels: 200, head: 30, columnWidth: 12, rowHeight: 16, columns: 300, rows: 90, ratio: 2,
  };
  const frame = new Frame(given);
  for (let row = frame.top; row < frame.bottom; row++) {
    for (let column = frame.left; column < frame.right; column++) {
      const [x, y, width, height] = frame.box({ top: row, bottom: row, left: column, right: column }).map((pixels) => pixels / given.ratio) as [number, number, number, number];
      if (y + height / 2 >= given.head) assert.deepEqual(under(given, x + width / 2, y + height / 2), { row, column });
    }
  }
  assert.deepEqual(under(given, 10, 10), { row: -1, column: -1 });
});

test("Columns that fit fill the width, and those that scroll have whole pixels", () => {
  assert.equal(columnWidth(120, 1170, true), 9.75);
  assert.equal(columnWidth(365, 1170, false), 12);
  assert.equal(columnWidth(3, 1170, true), 40);
  assert.equal(columnWidth(1000, 1170, true), 7);
});

test("A cell is said with its date, its task and what is bad first", () => {
  const dates = days("2026-07-01", 31);
  const counts = new Uint32Array(KINDS);
  [counts[3], counts[4]] = [29, 2];
  const [row] = rowsOf([task(1, "dwd")], { grouping: "none", shut: new Set(), filter: "" });
  assert.equal(spoken(row!, columnsOf(dates, chronological(dates), "month")[0]!, counts, 0), "2026-07-01 → 2026-07-31 (2026-07), dwd: Failed 2, Succeeded 29");
  counts.fill(0);
  counts[0] = 1;
  assert.equal(spoken(row!, columnsOf(dates, chronological(dates), "day")[2]!, counts, HELD), "2026-07-03, dwd: Waiting 1, held");
});

test("The dates beside one are those of the calendar, in whichever order they run", () => {
  const added = matrix(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-01"]);
  const [daily, twice] = [(run: number, ordinal = 0): number => run * RUN + ordinal, (run: number): number => run * RUN + 2];
  assert.deepEqual([neighbour(added, daily(7, 1), -1), neighbour(added, daily(7, 1), 1)], [daily(10), daily(8)]);
  assert.deepEqual([neighbour(added, daily(10), -1), neighbour(added, daily(9, 1), 1)], [undefined, undefined]);
  assert.deepEqual([neighbour(added, twice(7), 1), neighbour(added, twice(7), -1)], [twice(9), undefined]); // only where it has a cycle
});
