import assert from "node:assert/strict";
import { test } from "node:test";

import { count, many, share } from "../../../src/web/src/words/numbers";

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
