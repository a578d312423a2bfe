import assert from "node:assert/strict";
import { test } from "node:test";

import { queryOf, segmentOf } from "../../../src/web/src/pages/list/asked";
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
