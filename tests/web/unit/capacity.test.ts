import assert from "node:assert/strict";
import { test } from "node:test";

import { hours, stretch } from "../../../src/web/src/pages/capacity/stretch";

const NOW = new Date("2026-11-22T12:00:00Z");
const window = (open: boolean, opens_at: string, closes_at: string | null) => ({ policy: null, timezone: "UTC", open, opens_at, closes_at });

test("A run window lies in the next 24 hours as far as it is in them", () => {
  assert.deepEqual(stretch(window(false, "2026-11-22T18:00:00Z", "2026-11-23T00:00:00Z"), NOW), { left: 25, width: 25 });
  assert.deepEqual(stretch(window(true, "2026-11-22T06:00:00Z", "2026-11-22T18:00:00Z"), NOW), { left: 0, width: 25 });
  assert.deepEqual(stretch(window(false, "2026-11-23T06:00:00Z", null), NOW), { left: 75, width: 25 });
});

test("One that opens later than that is not drawn", () => {
  assert.equal(stretch(window(false, "2026-11-23T12:00:00Z", null), NOW), undefined);
  assert.equal(stretch(window(false, "2026-11-28T22:00:00Z", "2026-11-29T06:00:00Z"), NOW), undefined);
});

test("The hours that are named are four, within the day", () => {
  const named = hours(NOW);
  assert.ok(named.length >= 3 && named.length <= 4);
  assert.ok(named.every(({ at }) => at > 0 && at <= 100));
});
