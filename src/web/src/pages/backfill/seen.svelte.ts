/** The backfill that is looked at, shared by its tabs. */
import { getContext, setContext } from "svelte";

import { address } from "../../core/address.svelte";
import { fetched, get, Problem } from "../../core/ask";
import { Loaded } from "../../core/loaded.svelte";
import { stream, type News } from "../../core/stream.svelte";
import type { Backfill, MatrixTasks } from "../../core/types";
import { OVER } from "../../words/words";
import { Matrix, MOST } from "./matrix.svelte";

export const TABS = ["grid", "dag", "timeline", "instances", "plan", "activity"] as const;
export type Tab = (typeof TABS)[number];

interface ForecastDate {
  bizdate: string;
  begin: string | null;
  end_p50: string | null;
  end_p90: string | null;
}

/** When it ends; null where it never will by itself, and why. */
interface Pace {
  end: string | null;
  stall: { code: string; message: string } | null;
}

interface Latest {
  forecast: { courses: { p50: Pace; p90: Pace; dates: ForecastDate[] }[]; note?: string | null } | null;
  reason: string | null;
}

/** A forecast is asked for again after so many milliseconds, then twice as many, and so many times at most. */
export const [FORECAST, TIMES] = [2000, 6];

export class Seen {
  readonly backfill: Loaded<Backfill>;
  readonly matrix: Loaded<Matrix>;
  readonly forecast: Loaded<Latest>;
  readonly tab: Tab = $derived(TABS.find((each) => each === address.parts[2]) ?? "grid");
  /** The instance whose drawer is open. */
  readonly instance = $derived(address.parts[3] === "i" ? Number(address.parts[4]) : null);
  readonly over = $derived.by(() => this.backfill.data !== undefined && OVER.has(this.backfill.data.status));
  #tag = "";
  #kept: MatrixTasks | undefined;
  /** Deltas that came while a grid was on its way. */
  #waiting: News["delta"][] | undefined;
  #gridAt = 0;
  #times = 0;

  constructor(readonly id: number) {
    this.backfill = new Loaded<Backfill>((signal) => get(`/backfills/${id}`, { signal }));
    this.matrix = new Loaded((signal) => this.#matrix(signal));
    this.forecast = new Loaded((signal) => this.#latest(signal));
  }

  /** Follow it until the answer is called. */
  begin(): () => void {
    void this.backfill.load();
    void this.forecast.load();
    const unfollow = stream.follow(`backfill:${this.id}`, (news) => {
      if (news.name === "delta") this.#delta(news.data);
      else if (news.name === "status") this.#changed();
      else if (news.name === "resync") this.#anew();
    });
    return () => {
      unfollow();
      for (const each of [this.backfill, this.matrix, this.forecast]) each.stop();
    };
  }

  /** A tab that shows the matrix calls this; the others spare its bytes. */
  needMatrix(): void {
    if (this.matrix.first && !this.matrix.loading) void this.matrix.load();
  }

  /** A tab to which the matrix is only of help calls this: it does without where that is too large. */
  wishMatrix(): void {
    if ((this.backfill.data?.instances ?? Infinity) <= MOST) this.needMatrix();
  }

  /** Something was done to it: look again. */
  refresh(): void {
    void this.backfill.load();
    this.forecast.soon(2000);
  }

  /** `/backfills/7/grid`, with the query that is there. */
  path(tab: Tab, { query = false, instance = null as number | null } = {}): string {
    const kept = new URLSearchParams(query ? address.query : "");
    kept.delete("attempt"); // is the open instance's
    const text = kept.toString();
    return `/backfills/${this.id}/${tab}${instance === null ? "" : `/i/${instance}`}${text ? `?${text}` : ""}`;
  }

  open(instance: number): void {
    address.go(this.path(this.tab, { query: true, instance }));
  }

  close(): void {
    address.go(this.path(this.tab, { query: true }));
  }

  #changed(): void {
    this.backfill.soon(300);
    this.forecast.soon(5000);
  }

  #anew(): void {
    void this.backfill.load();
    if (!this.matrix.first) void this.matrix.load();
  }

  #delta(delta: News["delta"]): void {
    if (this.backfill.data) this.backfill.data = { ...this.backfill.data, counts: delta.counts };
    this.forecast.soon(10_000);
    if (this.#waiting) return void this.#waiting.push(delta);
    if (this.matrix.data && delta.version > this.#gridAt) this.#apply(this.matrix.data, delta);
  }

  #apply(matrix: Matrix, { index, state, version }: News["delta"]): void {
    matrix.apply(index, state);
    this.#gridAt = version;
  }

  /** One that is still worked out is asked for again, ever later: news may be long in coming. */
  async #latest(signal: AbortSignal): Promise<Latest> {
    const latest = await get<Latest>(`/backfills/${this.id}/forecast/latest`, { signal });
    if (latest.forecast === null && !this.over && this.#times < TIMES) this.forecast.soon(FORECAST * 2 ** this.#times++);
    return latest;
  }

  /** The stream is open first; deltas that come meanwhile wait, and those that the bytes already hold are dropped. */
  async #matrix(signal: AbortSignal): Promise<Matrix> {
    const waiting: News["delta"][] = (this.#waiting = []);
    try {
      await stream.opened(`backfill:${this.id}`);
      const path = `/backfills/${this.id}/grid`;
      let [tasks, response] = await Promise.all([this.#tasks(signal), fetched("GET", path, undefined, { signal })]);
      if (response.headers.get("X-Plan") !== this.#tag) {
        [tasks, response] = [await this.#tasks(signal), await fetched("GET", path, undefined, { signal })];
      }
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length !== tasks.size) throw new Problem(409, "amended", "The plan has just changed.");
      const matrix = new Matrix(tasks, bytes);
      this.#gridAt = Number(response.headers.get("X-Version"));
      for (const delta of waiting) if (delta.version > this.#gridAt) this.#apply(matrix, delta);
      return matrix;
    } finally {
      if (this.#waiting === waiting) this.#waiting = undefined; // else another has begun
    }
  }

  async #tasks(signal: AbortSignal): Promise<MatrixTasks> {
    const response = await fetched("GET", `/backfills/${this.id}/tasks`, undefined, { signal });
    const tag = response.headers.get("ETag") ?? "";
    if (this.#kept === undefined || tag !== this.#tag) [this.#kept, this.#tag] = [(await response.json()) as MatrixTasks, tag];
    return this.#kept;
  }
}

const KEY = Symbol("backfill");

export function showing(seen: Seen): Seen {
  return setContext(KEY, seen);
}

export function seen(): Seen {
  return getContext<Seen>(KEY);
}
