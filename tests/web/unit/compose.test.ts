import assert from "node:assert/strict";
import { test } from "node:test";

import { amendment, termsOf } from "../../../src/web/src/pages/backfill/change/terms";
import { byReason, changes, stretches } from "../../../src/web/src/pages/backfill/plan/stored";
import { daysOf, told, yearsOf } from "../../../src/web/src/pages/compose/calendar";
import { asked, begun, empty, missing, read } from "../../../src/web/src/pages/compose/draft";
import { stripsOf } from "../../../src/web/src/drawing/strips";
import { within } from "../../../src/web/src/forms/faults.svelte";
import { litGraph } from "../../../src/web/src/pages/compose/lit";
import { kindred, type Finding } from "../../../src/web/src/pages/compose/plan";
import { datesOf, isDate, iso, ordinal, quick, rangesOf, toggled, weekday } from "../../../src/web/src/words/dates";
import { refOf, refText, same } from "../../../src/web/src/pages/compose/refs";
import type { Backfill } from "../../../src/web/src/core/types";
import { draws } from "./draws";

const JANUARY = { first: "2026-01-01", last: "2026-01-31" };

test("A date is one of the calendar, and Mondays come first", () => {
  assert.ok(isDate("2024-02-29") && !isDate("2025-02-29") && !isDate("yesterday") && !isDate("2026-1-1"));
  assert.equal(weekday(ordinal("2026-01-05")), 0);
  assert.equal(weekday(ordinal("1969-12-28")), 6);
  assert.equal(iso(ordinal("2199-12-31")), "2199-12-31");
});

test("Ranges hold exactly the dates that they are made of, whatever their order, and never touch each other", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const draw = draws(seed);
    const dates = [...new Set(Array.from({ length: 40 }, () => iso(ordinal("2024-02-01") + draw(60))))];
    const ranges = rangesOf(dates);
    assert.deepEqual(datesOf(ranges), dates.sort());
    ranges.slice(1).forEach((range, at) => assert.ok(ordinal(range.first) > ordinal(ranges[at]!.last) + 1));
  }
});

test("A date is taken out by one click, and brought back by the next", () => {
  const without = toggled([JANUARY], "2026-01-10");
  assert.deepEqual(without, [{ first: "2026-01-01", last: "2026-01-09" }, { first: "2026-01-11", last: "2026-01-31" }]);
  assert.deepEqual(toggled(without, "2026-01-10"), [JANUARY]);
});

test("Quick ranges end before today, in January too", () => {
  const of = Object.fromEntries(quick("2026-01-01"));
  assert.deepEqual(of["Last 7 days"], { first: "2025-12-25", last: "2025-12-31" });
  assert.deepEqual(of["Last month"], { first: "2025-12-01", last: "2025-12-31" });
  assert.deepEqual(of["Last quarter"], { first: "2025-10-01", last: "2025-12-31" });
  assert.deepEqual(of["Year to date"], { first: "2025-01-01", last: "2025-12-31" });
});

const WHOLE = {
  name: "2024", project_id: 100, workflow_id: "flights_daily", env_type: "Dev", type: "SupplementData",
  periods: { biz_dates: [{ start_biz_date: "-7d", end_biz_date: "yesterday" }], start_time: "00:00:00", end_time: "12:00:00" },
  default_run_properties: {
    mode: "AllDownstream", root_task_ids: ["extract"], include_task_ids: [7], exclude_task_ids: [{ project: "a", workflow: "b", task: "c" }],
    include_project_ids: ["finance", 100], exclude_project_ids: ["other"], parallelism: 4, order: "Desc", priority: 5,
    priority_weight_strategy: "Upstream", runtime_resource: "heavy",
    run_policy: { type: "Weekend", start_time: "22:00:00", end_time: "06:00:00", immediately: true },
    analysis: { enabled: true, blocked: false }, alert: { type: "Failure", notice_type: "ops" },
  },
  workflow_parameters: { schema: "main" }, task_parameters: { extract: "limit=10" }, auto_start_enabled: false, comment: "after the fix",
  tags: [{ key: "ticket", value: "D-17" }], tag_creation_policy: "Overwrite",
  instance_retention: { success_retention: "30 days", error_retention: 86_400_000 },
  reprocess: "Missing", on_conflict: "Skip", on_failure: "Hold", max_failed_dates: 3, first: 2, calendar: "DE", fit_window: true, payload: { a: [1] },
};
const { analysis, ...properties } = WHOLE.default_run_properties;

test("A request comes out of the form as it went in: every field of it is there", () => {
  const { draft, unknown } = read({ ...WHOLE, expect_plan: "0123456789ab" });
  assert.deepEqual(unknown, []);
  const { body, faults } = asked(draft);
  assert.deepEqual(faults, []);
  assert.deepEqual(body, { ...WHOLE, default_run_properties: { ...properties, analysis: { blocked: analysis.blocked } } });
});

test("What is as it would be anyway is not asked for, and null is nothing", () => {
  const small = { name: "a", project_id: "p", type: "SupplementData", default_run_properties: { run_policy: null, priority: null, root_task_ids: ["t"] }, comment: null };
  const { draft, unknown } = read(small);
  assert.deepEqual(unknown, []);
  assert.deepEqual(asked(draft).body, {
    name: "a", project_id: "p", type: "SupplementData", default_run_properties: { mode: "ManualSelection", root_task_ids: ["t"] },
  });
});

test("A field that a request does not have is named, never dropped in silence", () => {
  assert.deepEqual(read({ name: "a", colour: 1, default_run_properties: { speed: "high" } }).unknown, ["colour", "default_run_properties.speed"]);
});

test("Text that is to be JSON and is none is a fault of its field", () => {
  const { body, faults } = asked({ ...empty(), payload: "{" });
  assert.deepEqual(faults.map(({ path }) => path), ["payload"]);
  assert.equal(body.payload, undefined);
});

test("What is missing is said, one thing after the other", () => {
  const draft = empty();
  assert.equal(missing(draft), "Choose a project.");
  draft.project = "p";
  assert.equal(missing(draft), "Choose at least one task.");
  draft.roots = ["t"];
  assert.equal(missing(draft), "Choose business dates.");
  draft.ranges = [JANUARY];
  assert.equal(missing(draft), null);
  assert.equal(missing({ ...draft, mode: "Chain", includes: ["a"] }), "Choose the first and the last task.");
  assert.equal(missing({ ...draft, type: "TriggerWorkflow", ranges: [] }), "Choose a workflow.");
  assert.deepEqual(begun(new URLSearchParams("project=p&workflow=w&task=t")).roots, ["t"]);
});

test("A fault is of a field when it is at its path, or inside of it", () => {
  assert.ok(within("periods.biz_dates[0].start_biz_date", "periods.biz_dates"));
  assert.ok(within("name", "name") && !within("names", "name") && !within("name", "name.first"));
});

const PLANNED = {
  dates: ["2026-01-03", "2026-01-01", "2026-01-06"],
  closed: [{ date: "2026-01-05", why: "holiday" }],
  grid: { pattern_of: [0, 0, 1], counts: [[1, 24], [0, 0]], left_out: [25, 3, 0] },
};

test("Each date of a plan is what most concerns who looks at it; what lies between and is not asked is excluded", () => {
  const days = daysOf(PLANNED);
  assert.deepEqual(days.map(({ kind }) => kind), ["part", "excluded", "aside", "excluded", "closed", "none"]);
  assert.equal(told(days[0]!), "2026-01-01, Thursday: 22 to run, 3 left out");
  assert.equal(told(days[4]!), "2026-01-05, Monday: closed (holiday)");
});

test("No date of a calendar is lost, whether by strips or by months", () => {
  for (const length of [1, 40, 190, 191, 3650]) {
    const days = Array.from({ length }, (_, at) => ({ date: iso(ordinal("2016-12-30") + at), kind: "run" as const, toRun: 2, leftOut: 0 }));
    const strips = stripsOf(days);
    assert.deepEqual(strips.flatMap((strip) => strip.days), days);
    for (const strip of strips) assert.equal(strip.lead, weekday(ordinal(strip.days[0]!.date)));
    const months = yearsOf(days).flatMap((year) => year.months.filter((month) => month !== null));
    assert.equal(months.reduce((sum, month) => sum + month.days, 0), length);
    assert.equal(months.reduce((sum, month) => sum + month.toRun, 0), 2 * length);
  }
});

test("Findings that are alike stand together, the worst first, without the end that the figures tell", () => {
  const finding = (code: string, severity: Finding["severity"]): Finding => ({ code, severity, subject: "s", message: "m", blocks: false });
  const groups = kindred([finding("c", "info"), finding("a", "warning"), finding("forecast_end", "info"), finding("b", "error"), finding("a", "warning")]);
  assert.deepEqual(groups.map(({ code, findings }) => [code, findings.length]), [["b", 1], ["a", 2], ["c", 1]]);
});

test("What is passed through is dark, and a task that is passed through only on some dates is lit, once", () => {
  const task = (name: string) => ({ id: 1, name, why: "root", priority: 1, weight: 1, instances: 2 });
  const graph = litGraph({
    tasks: [task("a"), task("c")], bridged: ["b", "c"], edges: [["a", "c"]], passed_edges: [["a", "b"], ["b", "c"]],
    previous_edges: [["c", "c"]], dates_edges: [["a", "c", 7]],
  });
  assert.deepEqual(graph.nodes.map(({ key, lit }) => [key, lit]), [["a", true], ["c", true], ["b", false]]);
  assert.deepEqual(graph.edges.map(({ up, down, kind }) => [up, down, kind]), [[0, 1, "same"], [0, 2, "same"], [2, 1, "same"], [0, 1, "dates"]]);
});

test("A task is named as shortly as the request's own workflow allows", () => {
  const home = { project: "p", workflow: "w" };
  const [here, there] = [{ id: 1, name: "t", workflow: "w", project: "p" }, { id: 2, name: "t", workflow: "x", project: "p" }];
  assert.equal(refOf(here, home), "t");
  assert.equal(refText(refOf(there, home), new Map()), "p/x/t");
  assert.ok(same(refOf(there, home), there, home) && !same(refOf(here, home), there, home));
  assert.deepEqual([refText(7, new Map([[7, "t"]])), refText(8, new Map())], ["t", "#8"]);
});

test("Dates that are left out are read one by one and as intervals", () => {
  assert.deepEqual(stretches(["2026-01-02", "2026-01-01", "2026-01-05"]), [{ first: "2026-01-01", last: "2026-01-02" }, { first: "2026-01-05", last: "2026-01-05" }]);
  assert.deepEqual(stretches(["2020-01-01/2021-06-30", "2022-01-01"]), [{ first: "2020-01-01", last: "2021-06-30" }, { first: "2022-01-01", last: "2022-01-01" }]);
  const out = (why: string, cycles: number) => ({ task: "t", dates: [], cycles, why });
  assert.deepEqual(byReason([out("exists", 1), out("window", 5), out("exists", 2)]).map(({ why, cycles }) => [why, cycles]), [["window", 5], ["exists", 3]]);
});

const BACKFILL = { parallelism: 2, priority: null, on_failure: "Hold", run_policy: { type: "Daily", start_time: "22:00:00", end_time: "06:00:00" } } as unknown as Backfill;

test("A change asks only for what differs, and for nothing when nothing does", () => {
  const terms = termsOf(BACKFILL);
  assert.equal(amendment(BACKFILL, terms), null);
  assert.equal(amendment(BACKFILL, { ...terms, parallelism: null }), null);
  assert.deepEqual(amendment(BACKFILL, { ...terms, parallelism: 3, drop: { first: "2026-01-01", last: "" }, hours: { ...terms.hours, windowType: "" } }), {
    parallelism: 3, run_policy: null, drop_dates: [{ start_biz_date: "2026-01-01", end_biz_date: "2026-01-01" }],
  });
});

test("Each part of a change is a line", () => {
  assert.deepEqual(changes({ parallelism: 3, run_policy: null, add_dates: [{ start_biz_date: "2026-01-01", end_biz_date: "2026-01-02" }] }), [
    "parallel business dates: 3", "run window: the tasks' own", "dates added: 2026-01-01 → 2026-01-02",
  ]);
});
