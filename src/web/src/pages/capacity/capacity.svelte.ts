/** Slots, run windows, and what waits: of the whole daemon, live. */
import { get } from "../../core/ask";
import { Loaded } from "../../core/loaded.svelte";
import { stream } from "../../core/stream.svelte";
import type { Backfill, Overview, Word } from "../../core/types";

/** A resource group; `held_by` names the backfills that the token sees. */
export interface Group {
  name: string;
  slots: number;
  reserved: number;
  in_use: number;
  waiting: number;
  held_by: { backfill_id: number; slots: number }[];
}

const SOON = 1500;
const MOST = 100;
const WAIT: Word[] = ["waiting", "queued", "pausing", "paused", "not_started"];

export class Capacity {
  readonly groups = new Loaded<Group[]>((signal) => get<{ items: Group[] }>("/resource_groups", { signal }).then((it) => it.items));
  readonly overview = new Loaded<Overview>((signal) => get("/overview", { signal }));
  readonly waiting = new Loaded<Backfill[]>((signal) => get<{ items: Backfill[] }>(waitingPath(), { signal }).then((it) => it.items));
  readonly names = $derived(new Map((this.overview.data?.backfills ?? []).map((each) => [each.backfill_id, each.name])));
  readonly #all = [this.groups, this.overview, this.waiting];

  /** Follow it until the answer is called. */
  begin(): () => void {
    for (const each of this.#all) void each.load();
    const unfollow = stream.follow("list", () => {
      for (const each of this.#all) each.soon(SOON);
    });
    return () => {
      unfollow();
      for (const each of this.#all) each.stop();
    };
  }
}

function waitingPath(): string {
  return `/backfills?limit=${MOST}${WAIT.map((word) => `&state=${word}`).join("")}`;
}
