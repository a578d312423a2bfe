/**
 * All tabs of a browser share one stream, as it opens six connections to a daemon at the most: the tab that holds a lock
 * leads, hears for all, and passes it on. Where there are no locks (plain HTTP from afar), each tab has its own.
 */
import { href } from "./address.svelte";
import type { Heard } from "./news";
import { Source, type Stand } from "./source";

type Word =
  | { kind: "leads" }
  | { kind: "wants"; tab: string; topics: string[] }
  | { kind: "news"; news: Heard }
  | { kind: "stands"; stand: Stand };

const NAME = `backfilld ${href("/")}`;
const locks: LockManager | undefined = navigator.locks;
const forever = (): Promise<void> => new Promise(() => {});

export class Tabs {
  readonly #id = `${Date.now()}-${Math.random()}`;
  readonly #channel = locks && new BroadcastChannel(NAME);
  /** Held as long as this tab lives: so the leader learns that it has gone. */
  readonly #alive = new Promise<void>((alive) => {
    if (locks) void locks.request(`${NAME} ${this.#id}`, () => (alive(), forever()));
    else alive();
  });
  #mine: string[] = [];
  #source: Source | undefined;
  #stand: Stand | undefined;
  readonly #wants = new Map<string, string[]>();
  /** Gives the lead away, or the place in the line for it; undefined in neither. */
  #resign: (() => void) | undefined;

  /** `cut`: another tab leads from now on, and nobody listened between the two. */
  constructor(
    private readonly heard: (news: Heard) => void,
    private readonly stands: (stand: Stand) => void,
    private readonly cut: () => void,
  ) {
    this.#channel?.addEventListener("message", ({ data }: MessageEvent<Word>) => this.#told(data));
  }

  async want(topics: string[]): Promise<void> {
    this.#mine = topics;
    await this.#alive;
    if (topics.length) this.#standForLead();
    this.#say();
  }

  /** Take no part: nobody sees this tab. */
  leave(): void {
    void this.want([]);
    this.#resign?.();
    this.#resign = undefined;
  }

  #say(): void {
    if (this.#source) this.#wanted(this.#id, this.#mine);
    else this.#post({ kind: "wants", tab: this.#id, topics: this.#mine });
  }

  #standForLead(): void {
    if (this.#resign) return;
    const gone = new AbortController();
    this.#resign = () => gone.abort();
    if (!locks) return this.#lead(gone.signal);
    const held = (): Promise<void> => {
      this.#lead(gone.signal);
      return new Promise((release) => gone.signal.addEventListener("abort", () => release()));
    };
    locks.request(NAME, { signal: gone.signal }, held).catch((error: DOMException) => {
      if (error.name !== "AbortError") throw error;
    });
  }

  #lead(gone: AbortSignal): void {
    const source = new Source(
      (news) => (this.heard(news), this.#post({ kind: "news", news })),
      (stand) => ((this.#stand = stand), this.stands(stand), this.#post({ kind: "stands", stand })),
    );
    this.#source = source;
    this.#wants.clear();
    gone.addEventListener("abort", () => {
      source.close();
      [this.#source, this.#stand] = [undefined, undefined];
    });
    this.#post({ kind: "leads" });
    this.#say();
  }

  #told(word: Word): void {
    if (word.kind === "leads") {
      this.cut();
      this.#say();
    } else if (word.kind === "wants") this.#wantedElsewhere(word);
    else if (word.kind === "news") this.heard(word.news);
    else this.stands(word.stand);
  }

  #wantedElsewhere({ tab, topics }: { tab: string; topics: string[] }): void {
    if (!this.#source) return;
    if (!this.#wants.has(tab)) void locks?.request(`${NAME} ${tab}`, () => this.#wanted(tab, undefined));
    this.#wanted(tab, topics);
    if (this.#stand) this.#post({ kind: "stands", stand: { ...this.#stand, gap: false } });
  }

  /** No topics at all: the tab has gone. */
  #wanted(tab: string, topics: string[] | undefined): void {
    const before = this.#all();
    if (topics) this.#wants.set(tab, topics);
    else this.#wants.delete(tab);
    const now = this.#all();
    if (now.join() !== before.join()) this.#source?.want(now);
  }

  #all(): string[] {
    return [...new Set([...this.#wants.values()].flat())].sort();
  }

  #post(word: Word): void {
    this.#channel?.postMessage(word);
  }
}
