/** News of the daemon, for all that is looked at. */
import { about, cut, type Heard } from "./news";
import type { Stand } from "./source";
import { Tabs } from "./tabs";

export type { Heard, News } from "./news";
type Listener = (news: Heard) => void;

/** Milliseconds after which a page that nobody sees takes no part any more. */
const HIDDEN = 60_000;
/** Milliseconds that a page waits for its stream before it goes on without. */
const PATIENCE = 1000;

class Stream {
  /** `off`: nothing is followed, or its stream has not been open yet. */
  state = $state<"off" | "live" | "reconnecting">("off");
  /** When the stream was last known to live, in milliseconds since 1970. */
  aliveAt = $state(0);
  readonly #listeners = new Map<string, Set<Listener>>();
  /** Of what is followed: what is heard of now, and what was before. */
  readonly #live = new Set<string>();
  readonly #known = new Set<string>();
  readonly #tabs = new Tabs((news) => this.#hear(news), (stand) => this.#stands(stand), () => this.#live.clear());
  /** Whether it takes no part, as nobody sees the page. */
  #away = false;
  #awaited: { topic: string; go: () => void }[] = [];
  #changing: ReturnType<typeof setTimeout> | undefined;
  #hiding: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#seen(document.visibilityState === "visible"));
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", (event) => event.persisted && this.#seen(true));
  }

  /**
   * Hear of a topic (`list`, `backfill:7`, `log:7340032/1@65536`) until the answer is called. A `resync` comes
   * whenever something may have been missed: then look anew. Of a log some may come twice: its offsets tell.
   */
  follow(topic: string, listener: Listener): () => void {
    const mine = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, mine.add(listener));
    this.#changed();
    return () => {
      mine.delete(listener);
      if (!mine.size) this.#forget(topic);
      this.#changed();
    };
  }

  /** Once all news of a followed topic come: what is asked for then misses none. A second at most. */
  async opened(topic: string): Promise<void> {
    if (this.#live.has(topic)) return;
    await new Promise<void>((go) => {
      this.#awaited.push({ topic, go });
      setTimeout(() => {
        if (this.#listeners.has(topic)) this.#known.add(topic); // what comes until it opens is missed: a resync follows
        go();
      }, PATIENCE);
    });
  }

  #forget(topic: string): void {
    this.#listeners.delete(topic);
    this.#live.delete(topic);
    this.#known.delete(topic);
  }

  #changed(): void {
    clearTimeout(this.#changing);
    this.#changing = setTimeout(() => {
      if (!this.#listeners.size) this.state = "off";
      if (!this.#away) void this.#tabs.want([...this.#listeners.keys()].sort());
    }, 0); // one page goes, the next comes
  }

  #hear(news: Heard): void {
    this.aliveAt = Date.now();
    for (const [topic, listeners] of [...this.#listeners]) {
      if (about(topic, news)) for (const listener of [...listeners]) listener(news);
    }
  }

  #stands({ state, topics, gap }: Stand): void {
    if (gap) this.#live.clear();
    if (!this.#listeners.size) return;
    this.state = state;
    if (state === "live") this.aliveAt = Date.now();
    for (const topic of topics) if (this.#listeners.has(topic) && !this.#live.has(topic)) this.#begins(topic);
  }

  #begins(topic: string): void {
    this.#live.add(topic);
    const missed = this.#known.has(topic) ? cut(topic) : undefined;
    this.#known.add(topic);
    if (missed) this.#hear(missed);
    for (const { go } of this.#awaited.filter((each) => each.topic === topic)) go();
    this.#awaited = this.#awaited.filter((each) => each.topic !== topic);
  }

  #seen(visible: boolean): void {
    clearTimeout(this.#hiding);
    if (!visible) return void (this.#hiding = setTimeout(() => this.#leave(), HIDDEN));
    this.#away = false;
    this.#changed();
  }

  #leave(): void {
    this.#away = true;
    this.#live.clear();
    this.#tabs.leave();
  }
}

export const stream = new Stream();
