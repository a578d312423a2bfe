import assert from "node:assert/strict";
import { test } from "node:test";

import { between, drawn, groupKeys, isGrouped } from "../../../src/web/src/pages/backfill/dag/groups";
import { nodeOf } from "../../../src/web/src/pages/backfill/dag/nodes";

const TASKS = [
  ["ods_orders", 0],
  ["ods_users", 0],
  ["dwd_orders", 1],
  ["clean", 1],
  ["report", 2],
].map(([name, layer], at) => ({ id: 100 + at, name: String(name), project: "shop", workflow: "daily", layer: Number(layer) }));
const PLAN = {
  edges: [[0, 2], [1, 2], [1, 3], [2, 4], [3, 4]] as [number, number][],
  previous_edges: [[2, 2], [4, 0]] as [number, number][],
  dates_edges: [[0, 4, 7]] as [number, number, number][],
};

test("A group is named by what the names of its tasks begin with, else by workflow and layer", () => {
  assert.deepEqual(drawn(TASKS, true, new Set()).map(({ name }) => name), ["ods · 2", "daily 2 · 2", "report"]);
});

test("More than 300 tasks are shown as groups, and any number as asked", () => {
  assert.deepEqual([300, 301].map((tasks) => isGrouped(tasks, null)), [false, true]);
  assert.deepEqual(["0", "1"].map((asked) => isGrouped(301, asked)), [false, true]);
  assert.ok(isGrouped(2, "1"));
});

test("An open group shows its tasks, and every task is drawn once", () => {
  for (const open of [[], ["g0.0"], ["g0.1"], ["g0.0", "g0.1"]]) {
    const nodes = drawn(TASKS, true, new Set(open));
    assert.deepEqual(nodes.flatMap(({ tasks }) => tasks).sort(), [0, 1, 2, 3, 4]);
    assert.equal(nodes.filter(({ group }) => group).length, 2 - open.length);
  }
  assert.deepEqual(groupKeys(TASKS), ["g0.0", "g0.0", "g0.1", "g0.1", "g0.2"]);
});

test("Edges between groups are drawn once each, and those inside of a group are not", () => {
  const edges = between(drawn(TASKS, true, new Set()), PLAN);
  assert.deepEqual(edges, [
    { up: 0, down: 1, kind: "same" },
    { up: 1, down: 2, kind: "same" },
    { up: 2, down: 0, kind: "previous" },
    { up: 0, down: 2, kind: "dates" },
  ]);
  assert.equal(between(drawn(TASKS, false, new Set()), PLAN).length, 8);
});

test("A node tells its share, what failed, and whether it has what is looked for", () => {
  const task = drawn(TASKS, false, new Set())[2]!;
  const node = nodeOf(task, { succeeded: 8, failed: 1, waiting: 1 }, "running");
  assert.deepEqual([node.note, node.bad, node.faint], ["80.0 %", true, true]);
  assert.equal(node.label, "dwd_orders 80.0 %: Succeeded 8, Waiting 1, Failed 1");
  assert.equal(nodeOf(task, { running: 1 }, "running").faint, false);
});
