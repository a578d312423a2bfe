/** An instance that somebody looks into: asked for again when the stream tells of it. */
import { get } from "../../../core/ask";
import { Loaded } from "../../../core/loaded.svelte";
import { stream } from "../../../core/stream.svelte";
import type { Explained, WholeInstance } from "../instance";
import type { Seen } from "../seen.svelte";

/** What of its task is shown; the running catalog's. */
export interface OfTask {
  resource_group: string;
  retries: number;
  virtual: boolean;
  owner: string | null;
  description: string | null;
}

/** Milliseconds between two looks at why it waits: that changes with what others do. */
const WHY_AGAIN = 3000;
/** Milliseconds until a claimed attempt is looked at again. */
const BEGUN_AGAIN = 1000;

export class Looked {
  readonly instance: Loaded<WholeInstance>;
  readonly explained: Loaded<Explained>;
  readonly task: Loaded<OfTask>;

  constructor(
    readonly id: number,
    private readonly seen: Seen,
  ) {
    this.instance = new Loaded((signal) => this.#one(signal));
    this.explained = new Loaded((signal) => get(`/task_instances/${id}/explain`, { signal }));
    this.task = new Loaded((signal) => get(`/tasks/${this.instance.data?.task_id}`, { signal }));
  }

  /** Until the answer is called. */
  begin(): () => void {
    void this.instance.load().then(() => this.instance.data && this.task.load());
    void this.explained.load();
    const unfollow = stream.follow(`backfill:${this.seen.id}`, (news) => {
      if (news.name === "resync") this.look();
      else if (news.name === "delta") this.#changed(news.data.index);
    });
    return () => {
      unfollow();
      for (const each of [this.instance, this.explained, this.task]) each.stop();
    };
  }

  /** Look again, soon. */
  look(): void {
    this.instance.soon(100);
    this.explained.soon(100);
  }

  /** That a process has begun changes no byte of the grid: nobody tells it. */
  async #one(signal: AbortSignal): Promise<WholeInstance> {
    const it = await get<WholeInstance>(`/task_instances/${this.id}`, { signal });
    if (it.state === "running" && it.attempts.at(-1)?.started_at === null) this.instance.soon(BEGUN_AGAIN);
    return it;
  }

  #changed(index: number[]): void {
    const place = this.seen.matrix.data?.place(this.id);
    if (place === undefined || index.includes(place)) this.look();
    else if (this.instance.data?.state === "waiting" || this.instance.data?.state === "ready") this.explained.soon(WHY_AGAIN);
  }
}
