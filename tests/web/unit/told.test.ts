import assert from "node:assert/strict";
import { test } from "node:test";

import { about, asked, cut, type Heard } from "../../../src/web/src/core/news";
import { byDay, deed, inWords, outcome, terms, type Entry } from "../../../src/web/src/pages/audit/entries";
import { ending, lasted, offers, type Attempt } from "../../../src/web/src/pages/backfill/instance";
import { askedBy, filter, listed, told } from "../../../src/web/src/pages/backfill/instances/asked";
import { STATES } from "../../../src/web/src/words/states";

test("Each log is asked for once, from where it was told so far or its first follower wants it", () => {
  const topics = ["list", "log:9/1@500", "backfill:7", "log:9/1@100", "log:8/2@40"];
  assert.deepEqual(asked(topics, new Map()), ["backfill:7", "list", "log:8/2@40", "log:9/1@100"]);
  assert.deepEqual(asked(topics, new Map([["log:9/1", 700]])), ["backfill:7", "list", "log:8/2@40", "log:9/1@700"]);
});

test("News reach who follows their topic, and nobody else", () => {
  const delta = { name: "delta", data: { backfill: 7, version: 1, index: [], state: [], counts: {} } } as Heard;
  const line = { name: "log", data: { instance: 9, attempt: 1, offset: 0, next: 1, text: "x", end: false } } as Heard;
  const counts = { name: "counts", data: { backfill: 7, version: 1, status: "running", counts: {} } } as Heard;
  const topics = ["list", "backfill:7", "backfill:70", "log:9/1@100", "log:9/12@0"];
  assert.deepEqual(topics.filter((topic) => about(topic, delta)), ["backfill:7"]);
  assert.deepEqual(topics.filter((topic) => about(topic, line)), ["log:9/1@100"]);
  assert.deepEqual(topics.filter((topic) => about(topic, counts)), ["list"]);
  for (const topic of ["list", "backfill:7"]) assert.ok(about(topic, cut(topic)!));
  assert.equal(cut("log:9/1@100"), undefined);
});

test("What the address asks for, the list and an act are asked for alike", () => {
  const wanted = askedBy(new URLSearchParams("only=failed&task=load&from=2024-01-02&to=2024-01-03&unit=week"));
  assert.deepEqual(listed(wanted, "77"), { state: "failed", task: "load", start_biz_date: "2024-01-02", end_biz_date: "2024-01-03", after: "77", limit: 100 });
  assert.deepEqual(filter(7, wanted), {
    backfill: { any_: [7] },
    state: { any_: ["failed"] },
    task: { any_: ["load"] },
    business_date: { after_: "2024-01-02", before_: "2024-01-03" },
  });
  assert.equal(told(wanted), "that are failed, of load, from 2024-01-02 to 2024-01-03");
  const all = askedBy(new URLSearchParams("only=nonsense"));
  assert.deepEqual(filter(7, all), { backfill: { any_: [7] } });
  assert.equal(told(all), "of the whole backfill");
});

test("Every state offers acts, but what the plan leaves out; a held one is released, not held", () => {
  for (const state of STATES) assert.equal(offers(state, false).length > 0, state !== "left_out");
  const acts = (held: boolean): string[] => offers("ready", held).map((offer) => offer.act);
  assert.ok(acts(false).includes("hold") && !acts(false).includes("release"));
  assert.ok(acts(true).includes("release") && !acts(true).includes("hold"));
});

const attempt = (more: Partial<Attempt>): Attempt => ({
  id: "a", number: 1, state: "failed", claimed_at: null, started_at: null, ended_at: null, exit_code: null, reason: "", output: null, ...more,
});

test("An attempt lasts from its start to its end, or to now; before it begins it lasts nothing", () => {
  const started_at = "2024-01-01T00:00:10Z";
  assert.equal(lasted(attempt({ started_at, ended_at: "2024-01-01T00:01:10Z" }), 0), 60);
  assert.equal(lasted(attempt({ started_at }), Date.parse("2024-01-01T00:00:12Z")), 2);
  assert.equal(lasted(attempt({}), 0), undefined);
  assert.equal(ending(attempt({ exit_code: 3 })), "failed, exit code 3");
  assert.equal(ending(attempt({ state: "lost", reason: "its host was restarted" })), "lost: its host was restarted");
});

const entry = (what: string, about: Entry["about"], counts = {}): Entry => ({
  id: 1, at: "2024-01-01T12:00:00Z", by: "ada", what, about, counts, previous: "", hash: "",
});

test("An entry of the audit says what was done, to what, and what came of it", () => {
  assert.equal(deed(entry("hold", { backfill: 1, instances: [5] })), "held 1 instance");
  assert.equal(deed(entry("settled", { backfill: 1, runs: [3, 4] })), "settled 2 dates");
  assert.equal(deed(entry("pause", { backfill: 1 })), "paused the backfill");
  assert.equal(deed(entry("accepted", { backfill: 1 })), "submitted it");
  assert.equal(deed(entry("a_new_word", { backfill: 1 })), "a new word");
  assert.equal(outcome(entry("hold", {}, { accepted: 1200, rejected: 0, no_change: 2 })), "1,200 accepted, 2 no change");
});

test("A filter is told in words, without the backfill that all is about", () => {
  const asked = { backfill: { any_: [1] }, state: { any_: ["failed", "lost"] }, business_date: { after_: "2024-01-01" } };
  assert.equal(inWords(asked, 1), "state failed or lost, business date from 2024-01-01");
  assert.match(inWords(asked), /^backfill 1, /);
  assert.equal(inWords({}), "everything");
});

test("An amendment says what is other than before, and nothing else", () => {
  const about = { backfill: 1, amendment: 1, from: "::1", parallelism: 4, before: { parallelism: 3, dates: 20, plan_hash: "a" }, after: { parallelism: 4, dates: 20, plan_hash: "b" } };
  assert.deepEqual(terms(entry("amend", about)), ["parallelism 3 → 4"]);
  assert.deepEqual(terms(entry("rerun", { backfill: 1, instances: [1], downstream: true })), ["downstream"]);
});

test("Days stand in the order of their entries", () => {
  const days = byDay([{ ...entry("hold", {}), at: "2024-01-02T12:00:00Z" }, entry("hold", {}), entry("skip", {})]);
  assert.deepEqual(days.map(([name, of]) => [name, of.length]), [["2024-01-02", 1], ["2024-01-01", 2]]);
});
