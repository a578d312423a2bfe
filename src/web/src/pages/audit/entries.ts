/** Entries of the audit as people read them. */
import { count, many } from "../../words/numbers";
import { day } from "../../words/time";

export interface Entry {
  id: number;
  at: string;
  by: string;
  what: string;
  about: Record<string, unknown>;
  counts: Record<string, number>;
  previous: string;
  hash: string;
}

export interface Page {
  items: Entry[];
  next: number | null;
}

/** Who: what happened without anybody asking has the daemon's name. */
export const ITSELF = "backfilld";
const DID: Record<string, string> = {
  accepted: "submitted it",
  amend: "amended it",
  cancel: "cancelled",
  cancelled: "closed it: cancelled",
  cut: "cut the wait for what is upstream of",
  failed: "closed it: failed",
  hold: "held",
  "open again": "opened it again",
  pause: "paused",
  release: "released",
  replan: "changed the terms of",
  rerun: "reran",
  resume: "resumed",
  set_failed: "marked as failed",
  set_not_before: "set the earliest start of",
  set_priority: "set the priority of",
  set_succeeded: "marked as succeeded",
  settled: "settled",
  skip: "skipped",
  start: "started",
  stop: "stopped",
  succeeded: "closed it: succeeded",
  trigger: "triggered",
};
/** What is told elsewhere, or concerns machines. */
const TOLD = new Set(["backfill", "runs", "instances", "filter", "reason", "operation", "from", "before", "after", "amendment"]);

/** `held 1 instance`, `settled 3 dates`; words that we do not know are told as they are. */
export function deed({ what, about }: Entry): string {
  const done = DID[what] ?? what.replaceAll("_", " ");
  const aim = aimOf(about);
  if (aim) return `${done} ${aim}`;
  return done.startsWith("closed") || done.endsWith("it") || !(what in DID) ? done : `${done} ${about.backfill === undefined ? "it" : "the backfill"}`;
}

function aimOf({ backfill, runs, instances, filter }: Entry["about"]): string {
  if (filter) return `what a filter found: ${inWords(filter as Record<string, unknown>, backfill)}`;
  if (Array.isArray(instances)) return many(instances.length, "instance");
  return Array.isArray(runs) ? many(runs.length, "date") : "";
}

/** `task load, state failed or lost`; the backfill that it is all about is not said. */
export function inWords(filter: Record<string, unknown>, backfill?: unknown): string {
  const alone = JSON.stringify({ any_: [backfill] });
  const said = Object.entries(filter).filter(([name, asked]) => name !== "backfill" || JSON.stringify(asked) !== alone);
  const told = said.map(([name, asked]) => {
    if (typeof asked !== "object" || asked === null) return `${plain(name)} ${String(asked)}`;
    return Object.entries(asked).map(([how, value]) => `${plain(name)}${HOW[how] ?? ` ${plain(how)}`} ${listed(value)}`).join(", ");
  });
  return told.join(", ") || "everything";
}

const HOW: Record<string, string> = { any_: "", not_any_: " not", like_: " like", before_: " up to", after_: " from" };

function listed(value: unknown): string {
  return Array.isArray(value) ? value.join(" or ") : String(value);
}

/** `20 accepted, 1 rejected`; empty where there is nothing to count. */
export function outcome({ counts }: Entry): string {
  return Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([word, n]) => `${count(n)} ${plain(word)}`)
    .join(", ");
}

/** What an amendment or an act set: `parallelism 3 → 4`, `downstream`. */
export function terms({ about }: Entry): string[] {
  const [before, after] = [about.before, about.after] as (Record<string, unknown> | undefined)[];
  const changed = Object.keys(after ?? {})
    .filter((name) => name !== "plan_hash" && JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]))
    .map((name) => `${plain(name)} ${shown(before?.[name])} → ${shown(after?.[name])}`);
  const said = Object.entries(about).filter(([name]) => !TOLD.has(name) && !(after && name in after));
  return [...changed, ...said.map(([name, value]) => (value === true ? plain(name) : `${plain(name)} ${shown(value)}`))];
}

function shown(value: unknown): string {
  return value === undefined || value === null ? "none" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

function plain(name: string): string {
  return name.replaceAll("_", " ");
}

/** The entries of each day, in the order in which they come. */
export function byDay(entries: Entry[]): [string, Entry[]][] {
  const days = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name = day(new Date(entry.at));
    days.set(name, [...(days.get(name) ?? []), entry]);
  }
  return [...days];
}
