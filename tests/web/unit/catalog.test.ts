import assert from "node:assert/strict";
import { test } from "node:test";

import { cycleText, neighbourhood, pairs, type Dependency, type WholeTask } from "../../../src/web/src/pages/catalog/catalog";
import { recorded, told, type Cycle, type Word } from "../../../src/web/src/pages/catalog/ledger";

const cycle = (bizdate: string, status: Word, backfill_id: number | null = null): Cycle => ({
  bizdate, status, backfill_id, cycle_time: `${bizdate}T00:00:00Z`, ended_at: null, held_by: null,
});

test("A date is as its worst cycle, and leads to the newest backfill that ran it", () => {
  const days = recorded([cycle("2026-01-02", "never_run"), cycle("2026-01-01", "succeeded", 7), cycle("2026-01-01", "failed", 9), cycle("2026-01-01", "succeeded", 8)]);
  assert.deepEqual(days.map(({ date, word, backfill }) => [date, word, backfill]), [["2026-01-01", "failed", 9], ["2026-01-02", "never_run", null]]);
  assert.equal(told(days[0]!), "2026-01-01: 2 succeeded, 1 failed, backfill 9");
  assert.equal(told(days[1]!), "2026-01-02: never run");
});

const need = (id: number, kind: Dependency["cycle"]): Dependency => ({ id, name: `t${id}`, workflow: "w", project: "p", cycle: kind, dates: kind === "dates" ? 7 : null });

test("A task's neighbours stand once each, and its wait for itself is no edge", () => {
  const task = { id: 1, name: "t1", upstream: [need(2, "same"), need(1, "previous"), need(2, "dates")], downstream: [need(3, "same")] } as WholeTask;
  const { nodes, edges } = neighbourhood(task);
  assert.deepEqual(nodes.map(({ key }) => key), ["1", "2", "3"]);
  assert.deepEqual(edges.map(({ up, down, kind }) => [up, down, kind]), [[1, 0, "same"], [1, 0, "dates"], [0, 2, "same"]]);
});

test("Another cycle than the same is said", () => {
  assert.deepEqual([need(1, "same"), need(1, "previous"), need(1, "dates")].map(cycleText), ["", "the cycle before", "the last 7 business dates"]);
  assert.equal(pairs({ team: "core", eu: "" }), "team=core, eu");
});
