/** The plan of an accepted backfill, and what was changed of it since. */
import type { LeftOut, PlannedTask } from "../../../core/types";
import { rangesOf, said, type Range } from "../../../words/dates";

export interface StoredPlan {
  version_id: string;
  plan_hash: string;
  dates: string[];
  tasks: PlannedTask[];
  edges: [string, string][];
  previous_edges: [string, string][];
  dates_edges: [string, string, number][];
  bridged: string[];
  left_out: LeftOut[];
  counts: { dates: number; tasks: number; instances: number; to_run: number };
}

export interface Amendment {
  number: number;
  at: string;
  by: string;
  what: Record<string, unknown>;
  plan_hash: string;
}

/** Dates as they come, one by one or as `first/last`, in ranges. */
export function stretches(dates: readonly string[]): Range[] {
  if (dates.every((date) => !date.includes("/"))) return rangesOf(dates);
  return dates.map((text) => {
    const [first = "", last = first] = text.split("/");
    return { first, last };
  });
}

/** What is left out for one reason: how many cycles, of how many tasks. */
export interface Reasoned {
  why: string;
  cycles: number;
  items: LeftOut[];
}

export function byReason(leftOut: readonly LeftOut[]): Reasoned[] {
  const found = new Map<string, Reasoned>();
  for (const item of leftOut) {
    const same = found.get(item.why) ?? { why: item.why, cycles: 0, items: [] };
    found.set(item.why, same);
    same.cycles += item.cycles;
    same.items.push(item);
  }
  return [...found.values()].sort((a, b) => b.cycles - a.cycles);
}

const NAMES: Record<string, string> = {
  parallelism: "parallel business dates", priority: "priority", on_failure: "when a date fails", run_policy: "run window",
  add_dates: "dates added", drop_dates: "dates dropped", cut: "waits cut",
};

/** `parallel business dates: 4`, a line for each part of an amendment. */
export function changes(what: Record<string, unknown>): string[] {
  return Object.entries(what).map(([name, value]) => `${NAMES[name] ?? name}: ${spelled(name, value)}`);
}

function spelled(name: string, value: unknown): string {
  if (name.endsWith("_dates") && Array.isArray(value)) {
    return value.map((range: { start_biz_date: string; end_biz_date: string }) => said({ first: range.start_biz_date, last: range.end_biz_date })).join(", ");
  }
  if (name === "cut" && Array.isArray(value)) return value.map((cut: { instance: number; upstream: number[] }) => `${cut.instance} no longer for ${cut.upstream.join(", ")}`).join("; ");
  if (value === null) return "the tasks' own";
  return typeof value === "object" ? Object.values(value).join(" ") : String(value);
}
