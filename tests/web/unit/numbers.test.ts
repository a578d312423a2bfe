import assert from "node:assert/strict";
import { test } from "node:test";

import { count, many, share } from "../../../src/web/src/words/numbers";
import { age } from "../../../src/web/src/words/time";

test("A share is 100 % only when all is done, and 0 only while nothing is", () => {
  assert.equal(share(0, 1_825_000), "0.0 %");
  assert.equal(share(1, 1_825_000), "0.1 %");
  assert.equal(share(1_824_999, 1_825_000), "99.9 %");
  assert.equal(share(1_825_000, 1_825_000), "100 %");
  assert.equal(share(0, 0), "0 %");
});

test("Thousands are parted, and one of a thing is not many", () => {
  assert.equal(count(10_775), "10,775");
  assert.equal(many(1, "date"), "1 date");
  assert.equal(many(1200, "date"), "1,200 dates");
});

test("An age has one unit, and no seconds", () => {
  const now = new Date("2026-11-22T12:00:00Z");
  assert.equal(age("2026-11-22T11:59:30Z", now), "just now");
  assert.equal(age("2026-11-22T11:57:30Z", now), "2 min ago");
  assert.equal(age("2026-11-23T12:00:00Z", now), "in 1 d");
  assert.equal(age("2026-11-22T17:59:00Z", now), "in 5 h");
});
