/** Something of the daemon's that a page shows: the last good answer stays while a newer one is on its way or fails. */
import { untrack } from "svelte";

import { get, Problem } from "./ask";

export class Loaded<T> {
  data = $state.raw<T | undefined>();
  problem = $state.raw<Problem | undefined>();
  /** When the data were as they are, in milliseconds since 1970. */
  at = $state(0);
  loading = $state(false);
  #asked = 0;
  #running: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ask: (signal: AbortSignal) => Promise<T>) {}

  /** Whether there is nothing to show yet. */
  get first(): boolean {
    return this.data === undefined && this.problem === undefined;
  }

  /** Ask now; an older question that is still under way is dropped. */
  async load(): Promise<void> {
    const mine = ++this.#asked;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running?.abort();
    this.#running = new AbortController();
    this.loading = true;
    try {
      const data = await this.ask(this.#running.signal);
      if (mine !== this.#asked) return;
      [this.data, this.problem, this.at] = [data, undefined, Date.now()];
    } catch (error) {
      if (mine !== this.#asked || (error instanceof DOMException && error.name === "AbortError")) return;
      this.problem = error instanceof Problem ? error : new Problem(0, "fault", String(error));
    } finally {
      if (mine === this.#asked) this.loading = false;
    }
  }

  /** Ask again within `wait` milliseconds, once, however often this is called meanwhile. */
  soon(wait = 1000): void {
    this.#timer ??= setTimeout(() => void this.load(), wait);
  }

  stop(): void {
    this.#asked++;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running?.abort();
  }
}

/**
 * Loads while the component lives, anew whenever the path that `path` gives is another, or what `again` gives; no path:
 * nothing to ask. What both read may change much oftener than what they give.
 */
export function loaded<T>(path: () => string | null, again: () => unknown = () => undefined): Loaded<T> {
  const wanted = $derived(path());
  const turn = $derived(again());
  const mine = new Loaded<T>((signal) => get<T>(wanted ?? "", { signal }));
  $effect(() => {
    void turn;
    if (wanted === null) return;
    untrack(() => void mine.load());
    return () => mine.stop();
  });
  return mine;
}
