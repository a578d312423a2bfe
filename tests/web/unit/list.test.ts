import assert from "node:assert/strict";
import { test } from "node:test";

import type { Backfill, Open } from "../../../src/web/src/core/types";
import { queryOf, segmentOf } from "../../../src/web/src/pages/list/asked";
import { COLUMNS, ordered, orderOf, turned } from "../../../src/web/src/pages/list/order";
import { expected } from "../../../src/web/src/words/expected";
import { hoursNow, hoursText } from "../../../src/web/src/words/windows";

const NOW = new Date("2026-11-22T12:00:00Z");

test("Words with a name narrow, the others are part of the backfill's name", () => {
  const query = new URLSearchParams(queryOf("fx  fix by:anna tag:team=core tag:eu", "active", "7"));
  assert.equal(query.get("name_like"), "%fx fix%");
  assert.equal(query.get("by"), "anna");
  assert.deepEqual(query.getAll("tag"), ["team=core", "eu"]);
  assert.ok(query.getAll("state").includes("running"));
  assert.equal(query.get("after"), "7");
});

test("What looks like a name and is none is looked for as it stands", () => {
  assert.equal(new URLSearchParams(queryOf("fix:7 by:", "all", null)).get("name_like"), "%fix:7 by:%");
  assert.equal(new URLSearchParams(queryOf("  ", "all", null)).get("name_like"), null);
});

test("A segment that there is not is all of them", () => {
  assert.equal(segmentOf("paused"), "paused");
  assert.equal(segmentOf("constructor"), "all");
  assert.equal(segmentOf(null), "all");
});

function backfill(id: number, name: string, succeeded: number, done_at: string | null): Backfill {
  return { id, name, status: "running", dates: { first: `2026-01-0${id}` }, instances: 10, counts: { succeeded }, done_at } as unknown as Backfill;
}

test("Rows stand as their column says, up and down; those that need somebody come first where none is asked for", () => {
  const rows = [backfill(1, "b10", 3, null), backfill(2, "b9", 9, "2026-11-22T10:00:00Z"), backfill(3, "a", 5, null)];
  const open = new Map([[3, { attention: { code: "x", message: "y" }, expected_end_p50: "2026-11-22T09:00:00Z" } as Open]]);
  const ids = (word: string | null): number[] => ordered(rows, orderOf(word), open).map(({ id }) => id);
  assert.deepEqual(ids(null), [3, 1, 2]);
  assert.deepEqual([ids("name"), ids("-name")], [[3, 2, 1], [1, 2, 3]]);
  assert.deepEqual([ids("progress"), ids("-dates")], [[1, 3, 2], [3, 2, 1]]);
  assert.deepEqual([ids("end"), ids("-end")], [[3, 2, 1], [2, 3, 1]]); // nobody knows when the first ends
  assert.deepEqual(ids("status"), [1, 2, 3]);
});

test("A column is asked for up, then down, then not; a word that names none is no order", () => {
  for (const column of COLUMNS) {
    assert.equal(turned(null, column), column);
    assert.equal(turned(orderOf(column), column), `-${column}`);
    assert.equal(turned(orderOf(`-${column}`), column), null);
  }
  assert.equal(turned(orderOf("-name"), "end"), "end");
  assert.equal(orderOf("--name"), null);
  assert.equal(orderOf("owner"), null);
});

test("An expected end tells how much later it may be, and never looks back", () => {
  assert.equal(expected("2026-11-22T14:10:00Z", "2026-11-22T14:30:20Z", NOW), "in 2 h 10 min ± 20 min");
  assert.equal(expected("2026-11-22T14:10:00Z", "2026-11-22T14:10:00Z", NOW), "in 2 h 10 min");
  assert.equal(expected("2026-11-22T11:59:00Z", null, NOW), "any moment");
  assert.equal(expected(null, null, NOW), "");
});

test("Of many run windows one that is open counts, else the one that opens first", () => {
  const policy = { type: "Weekend", start_time: "22:00:00", end_time: "06:30:00" };
  const shut = { policy, timezone: "UTC", open: false, opens_at: "2026-11-22T22:00:00Z", closes_at: "2026-11-23T06:30:00Z" };
  const open = { ...shut, open: true, closes_at: "2026-11-22T13:00:00Z" };
  assert.equal(hoursText(policy), "22:00–06:30 on weekends");
  assert.deepEqual(hoursNow([shut, open], NOW), { word: "Open", note: "the first closes in 1 h" });
  assert.deepEqual(hoursNow([shut], NOW), { word: "Closed", note: "opens in 10 h" });
  assert.equal(hoursNow([], NOW).word, "Always");
});
