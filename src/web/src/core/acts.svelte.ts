/** Acts of operators: how many they meet, the question before them, their progress, and undoing. */
import { get, Problem, send } from "./ask";
import { toasts } from "./toasts.svelte";
import { count, many } from "../words/numbers";

export type Act =
  | "start" | "pause" | "resume" | "cancel" | "rerun" | "set_succeeded" | "set_failed" | "skip" | "hold" | "release" | "trigger" | "stop";

/** By name as the daemon spells it: `{ backfill: { any_: [7] }, state: { any_: ["failed"] } }`. */
export type Filter = Record<string, unknown>;

export interface Wish {
  act: Act;
  noun: "runs" | "task_instances";
  filter: Filter;
  /** Such as `{ downstream: true }`. */
  options?: Record<string, unknown>;
  /** What is acted on, in words: "of etl-2024", "selected". */
  about: string;
  /** Nobody has seen how many it meets: ask in any case. */
  unseen?: boolean;
  done?: () => void;
}

export const ACTS: Record<Act, string> = {
  start: "Start", pause: "Pause", resume: "Resume", cancel: "Cancel", rerun: "Rerun", set_succeeded: "Mark as succeeded",
  set_failed: "Mark as failed", skip: "Skip", hold: "Hold", release: "Release", trigger: "Trigger now", stop: "Stop",
};

const INVERSE: Partial<Record<Act, Act>> = { pause: "resume", resume: "pause", hold: "release", release: "hold" };
const GRAVE: ReadonlySet<Act> = new Set(["cancel", "set_succeeded", "set_failed", "skip", "stop"]);
/** Above it a dialog asks even for what is harmless; above the second one its number is to be typed. */
export const ASK_ABOVE = 1000;
export const TYPE_ABOVE = 10_000;
/** Ids that a filter may name. */
const MOST_NAMED = 10_000;

/** A wish that waits for its answer in the dialog of `Acting.svelte`. */
export interface Question {
  wish: Wish;
  count: number;
}

interface Verdicts {
  counts?: { accepted: number; rejected: number; no_change: number; later: number };
  verdicts?: { id: number; verdict: string; reason: string | null }[];
}

interface Operation {
  id: string;
  status: "pending" | "running" | "completed" | "failed";
  error?: string;
  progress?: { done: number; of: number };
  counts?: Verdicts["counts"];
  [more: string]: unknown;
}

class Acts {
  question = $state.raw<Question | undefined>();

  /** Count what the filter meets, ask where it is grave or much, and act. */
  async ask(wish: Wish): Promise<void> {
    try {
      const { count: found } = await send<{ count: number }>("POST", `/${wish.noun}/bulk_set_state`, { ...body(wish), dry_run: true });
      if (!found) toasts.say(`Nothing ${wish.about} to act on`, "trouble");
      else if (wish.unseen || GRAVE.has(wish.act) || found > ASK_ABOVE) this.question = { wish, count: found };
      else await this.perform({ wish, count: found });
    } catch (error) {
      toasts.say((error as Error).message, "trouble");
    }
  }

  /** Act on exactly so many; when they are others meanwhile the question is asked again. */
  async perform({ wish, count: expected }: Question, reason?: string): Promise<void> {
    this.question = undefined;
    const what = `${ACTS[wish.act]}: ${many(expected, wish.noun === "runs" ? "date" : "instance")}`;
    const toast = toasts.say(`${what} …`, "going");
    try {
      const asked = { ...body(wish), expect_count: expected, ...(reason && { reason }) };
      let answer = await send<Verdicts & Partial<Operation>>("POST", `/${wish.noun}/bulk_set_state`, asked);
      if (answer.id && answer.status) answer = await this.#followed(answer as Operation, toast, what);
      if (troubled(answer)) toasts.settle(toast, told(what, answer), "trouble");
      else toasts.settle(toast, told(what, answer), "done", this.#undo(wish, answer));
    } catch (error) {
      toasts.drop(toast);
      const problem = error as Problem;
      if (problem.code === "count_differs") {
        toasts.say(`There are ${count(Number(problem.body.count))} now, not ${count(expected)}`, "trouble");
        return void (await this.ask(wish));
      }
      toasts.say(problem.detail ?? String(error), "trouble");
    } finally {
      wish.done?.();
    }
  }

  /** What was done to some is undone of these: the filter may meet others by then. */
  #undo(wish: Wish, { verdicts }: Verdicts): (() => void) | undefined {
    const inverse = INVERSE[wish.act];
    const accepted = verdicts?.filter((each) => each.verdict === "accepted").map(({ id }) => id);
    const filter = accepted && accepted.length <= MOST_NAMED ? { id: { any_: accepted } } : wish.filter;
    return inverse && (accepted === undefined || accepted.length) ? () => void this.ask({ ...wish, act: inverse, filter }) : undefined;
  }

  async #followed(operation: Operation, toast: number, what: string): Promise<Operation> {
    let now = operation;
    while (now.status === "pending" || now.status === "running") {
      await new Promise((after) => setTimeout(after, 1000));
      now = await get<Operation>(`/operations/${operation.id}`);
      if (now.progress) toasts.update(toast, `${what}: ${count(now.progress.done)} of ${count(now.progress.of)} …`);
    }
    return now;
  }
}

function body({ act, filter, options }: Wish): Record<string, unknown> {
  return { act, filter, ...options };
}

function troubled(answer: Verdicts & Partial<Operation>): boolean {
  return answer.status === "failed" || (answer.counts !== undefined && !answer.counts.accepted && answer.counts.rejected > 0);
}

function told(what: string, answer: Verdicts & Partial<Operation>): string {
  if (answer.status === "failed") return `${what} failed: ${answer.error}`;
  const counts = answer.counts;
  if (!counts) return what;
  const rest = [
    counts.later && `${count(counts.later)} once the process has ended`,
    counts.rejected && `${count(counts.rejected)} refused`,
    counts.no_change && `${count(counts.no_change)} unchanged`,
  ].filter(Boolean);
  const why = answer.verdicts?.find((each) => each.verdict === "rejected")?.reason;
  return [`${what}: ${count(counts.accepted)} done`, ...rest].join(", ") + (why ? ` (${why})` : "");
}

export const acts = new Acts();
