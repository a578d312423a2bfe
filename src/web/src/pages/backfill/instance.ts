/** Task instances as the daemon tells them, and what an operator may do to one. */
import type { Act } from "../../core/acts.svelte";
import type { IconName } from "../../parts/Icon.svelte";
import type { State } from "../../words/states";

export interface Instance {
  id: number;
  backfill_id: number;
  run_id: number;
  task_id: number;
  task: string;
  bizdate: string;
  cycle_time: string;
  state: State;
  held: boolean;
  triggered: boolean;
  priority: number | null;
  catalog_version: string | null;
  attempt: number;
  failures: number;
  not_before: string | null;
  changed_at: string | null;
}

export interface Attempt {
  id: string;
  number: number;
  state: string;
  claimed_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  exit_code: number | null;
  reason: string;
  output: unknown;
}

export interface WholeInstance extends Instance {
  attempts: Attempt[];
}

export interface Blocker {
  instance_id: number;
  task: string;
  bizdate: string;
  cycle_time: string;
  state: State;
  since: string | null;
  exit_code: number | null;
}

export interface Explained {
  state: State;
  reason: {
    code: string;
    message: string;
    until: string | null;
    backfill_id: number | null;
    instance_id: number | null;
    waits_for?: Blocker[];
    more?: number;
  };
}

export interface Offer {
  act: Act;
  name: string;
  icon?: IconName;
  options?: Record<string, unknown>;
}

const RERUN: Offer = { act: "rerun", name: "Rerun", icon: "rerun" };
const ALL: Offer = { act: "rerun", name: "Rerun with downstream", icon: "rerun", options: { downstream: true } };
const SUCCEEDED: Offer = { act: "set_succeeded", name: "Mark succeeded", icon: "check" };
const SKIP: Offer = { act: "skip", name: "Skip" };
const HOLD: Offer = { act: "hold", name: "Hold", icon: "pause" };
const RELEASE: Offer = { act: "release", name: "Release", icon: "play" };
const TRIGGER: Offer = { act: "trigger", name: "Trigger now" };

/** What the rules allow in this state; the daemon has the last word. */
export function offers(state: State, held: boolean): Offer[] {
  switch (state) {
    case "waiting":
    case "ready":
      return [held ? RELEASE : HOLD, ...(state === "ready" || held ? [TRIGGER] : []), SUCCEEDED, SKIP, { act: "cancel", name: "Cancel…" }];
    case "running":
      return [{ act: "stop", name: "Stop…", icon: "stop" }, SUCCEEDED];
    case "succeeded":
      return [RERUN, ALL, { act: "set_failed", name: "Mark failed" }];
    case "failed":
    case "lost":
    case "cancelled":
      return [RERUN, ALL, SUCCEEDED, SKIP];
    case "skipped":
      return [RERUN, ALL, SUCCEEDED];
    case "left_out":
      return [];
  }
}

/** How it stands, in few words: `exit code 3`, `lost: its host was restarted`. */
export function ending({ state, exit_code, reason }: Attempt): string {
  const said = exit_code === null ? (state === "claimed" ? "starting" : state) : `${state}, exit code ${exit_code}`;
  return reason ? `${said}: ${reason}` : said;
}

/** Seconds from the start of an attempt to its end, or to now; undefined before it began. */
export function lasted({ started_at, claimed_at, ended_at }: Attempt, now: number): number | undefined {
  const begin = started_at ?? claimed_at;
  return begin === null ? undefined : ((ended_at === null ? now : Date.parse(ended_at)) - Date.parse(begin)) / 1000;
}
