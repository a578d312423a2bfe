/** What the row of a task instance shows: its last attempt, and those before it. */
import { BAD, DONE, LABELS, type State } from "../../../words/states";
import { clock, duration, exact } from "../../../words/time";
import type { Started } from "./answer";
import type { Bar, Stretch } from "./bars";

/** The colour that an attempt has by its state; one that is under way runs. */
const TONES: Record<string, State> = { succeeded: "succeeded", failed: "failed", lost: "lost", stopped: "cancelled", void: "cancelled" };

/** `told`: its cycle is part of its name, as its task has several on the date. */
export function barOfStarted(it: Started, now: number, told: boolean): Bar {
  const attempts = it.attempts.map((attempt) => stretchOf(attempt, now));
  const solid = attempts.at(-1) ?? settledAt(it);
  const name = told ? `${it.task} ${clock(new Date(it.cycle_time))}` : it.task;
  const going = it.attempts.at(-1)?.ended_at === null;
  return {
    key: it.id,
    name,
    counts: { [it.state]: 1 },
    going,
    tone: solid?.tone ?? it.state,
    bad: BAD.has(it.state),
    earlier: attempts.slice(0, -1),
    solid,
    forecast: undefined,
    whisker: undefined,
    note: noteOf(it, going, solid),
    label: [`${name}: ${wordOf(it)}`, ...timesOf(it)].join(", "),
  };
}

/** The names that several of the instances have. */
export function repeated(items: readonly Started[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(items.map(({ task }) => task).filter((task) => seen.has(task) || !seen.add(task)));
}

function stretchOf({ state, claimed_at, started_at, ended_at }: Started["attempts"][number], now: number): Stretch {
  const from = Date.parse(started_at ?? claimed_at ?? "");
  return { from, to: Math.max(from, ended_at === null ? now : Date.parse(ended_at)), tone: TONES[state] ?? "running" };
}

/** What came to its end without an attempt did so at one moment. */
function settledAt({ state, changed_at }: Started): Stretch | undefined {
  if (changed_at === null || !(DONE.has(state) || BAD.has(state) || state === "cancelled")) return undefined;
  const at = Date.parse(changed_at);
  return { from: at, to: at, tone: state };
}

function noteOf(it: Started, going: boolean, solid: Stretch | undefined): string {
  const number = it.attempts.at(-1)?.number ?? 0;
  const again = number > 1 ? `attempt ${number}` : "";
  const word = it.state === "running" || it.state === "succeeded" ? "" : wordOf(it);
  return [solid && number && !going ? took(solid) : "", word, again].filter(Boolean).join(", ");
}

function took({ from, to }: Stretch): string {
  return to - from < 1000 ? "under 1 s" : duration((to - from) / 1000);
}

function wordOf({ state, held }: Started): string {
  return held && (state === "waiting" || state === "ready") ? "held" : LABELS[state].toLowerCase();
}

function timesOf(it: Started): string[] {
  const last = it.attempts.at(-1);
  const begin = last?.started_at ?? last?.claimed_at;
  if (!last || !begin) return [];
  const times = last.ended_at === null ? `since ${exact(begin)}` : `from ${exact(begin)} to ${exact(last.ended_at)}`;
  return [`attempt ${last.number}${it.state === last.state ? "" : ` ${last.state}`}`, times];
}
