/** What the daemon answers, as far as the page reads it (`/v1/openapi.json` says all of it). */
import type { Counts } from "../words/states";

export type Word = "not_started" | "queued" | "running" | "waiting" | "pausing" | "paused" | "succeeded" | "failed" | "cancelled";

export interface Reason {
  code: string;
  until?: string | null;
  message: string;
  [more: string]: unknown;
}

export interface Backfill {
  id: number;
  name: string;
  schedule: string | null;
  by: string;
  status: Word;
  reason: Reason | null;
  type: string;
  env_type: string;
  project_id: number;
  project: string;
  workflow: string | null;
  dates: { first: string; last: string; count: number; [more: string]: unknown };
  instances: number;
  to_run: number;
  counts: Counts;
  runs: Record<string, number>;
  parallelism: number;
  order: string;
  priority: number | null;
  on_failure: string;
  run_policy: Record<string, unknown> | null;
  accepted_at: string;
  done_at: string | null;
  resume_at: string | null;
  plan_hash: string;
  amendments: unknown[];
  tags: { key: string; value: string }[];
  comment: string | null;
  [more: string]: unknown;
}

/** The rows of a grid, and where its bytes lie: see `pages/backfill/matrix.svelte.ts`. */
export interface MatrixTasks {
  backfill_id: number;
  plan_hash: string;
  size: number;
  tasks: { id: number; name: string; project: string; workflow: string; layer: number }[];
  edges: [number, number][];
  previous_edges: [number, number][];
  dates_edges: [number, number, number][];
  patterns: { size: number; layout: [number, number][] }[];
  dates: string[];
  runs: number[];
  pattern_of: number[];
}

/** A run window: open from `opens_at` until `closes_at`; null: for ever. */
export interface RunWindow {
  policy: Record<string, unknown> | null;
  timezone: string;
  open: boolean;
  opens_at: string;
  closes_at: string | null;
}

/** An open backfill at one look. */
export interface Open {
  backfill_id: number;
  name: string;
  project: string;
  status: Word;
  counts: Counts;
  windows: RunWindow[];
  expected_end_p50: string | null;
  expected_end_p90: string | null;
  attention: Reason | null;
}

/** What is going on: `open` and `counts` are of all open backfills, `backfills` at most the newest 200. */
export interface Overview {
  now: string;
  open: number;
  counts: Counts;
  backfills: Open[];
}

/** What a plan leaves out of a task, and why. */
export interface LeftOut {
  task: string;
  dates: string[];
  cycles: number;
  why: string;
}

/** A task of a plan, and why it is in it. */
export interface PlannedTask {
  id: number;
  name: string;
  why: string;
  priority: number;
  weight: number;
  instances: number;
}
