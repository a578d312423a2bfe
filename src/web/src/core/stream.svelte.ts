/** News of the daemon: one stream of server-sent events for all that is looked at. */
import { at } from "./ask";

export interface News {
  status: { backfill: number; version: number; status: string };
  counts: { backfill: number; version: number; status: string; counts: Record<string, number> };
  delta: { backfill: number; version: number; index: number[]; state: number[]; counts: Record<string, number> };
  resync: { backfill: number | null; version: number; reason: string };
  log: { instance: number; attempt: number; offset: number; text: string; end?: boolean; [more: string]: unknown };
}

export type Heard = { [Name in keyof News]: { name: Name; data: News[Name] } }[keyof News];
type Listener = (news: Heard) => void;

const NAMES = ["status", "counts", "delta", "resync", "log"] as const;
const AGAIN = [500, 1000, 2000, 5000];
/** Milliseconds after which a page that nobody sees lets go of its stream. */
const HIDDEN = 60_000;

class Stream {
  /** `off`: nothing is followed. */
  state = $state<"off" | "live" | "reconnecting">("off");
  /** When the stream was last known to live, in milliseconds since 1970. */
  aliveAt = $state(0);
  readonly #listeners = new Map<string, Set<Listener>>();
  #source: EventSource | undefined;
  #topics = "";
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hidden: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#seen(document.visibilityState === "visible"));
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", (event) => event.persisted && this.#open());
  }

  /**
   * Hear of a topic (`list`, `backfill:7`, `log:7340032/1@-65536`) until the answer is called. A `resync` comes
   * whenever something may have been missed: then look anew.
   */
  follow(topic: string, listener: Listener): () => void {
    const mine = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, mine.add(listener));
    this.#changed();
    return () => {
      mine.delete(listener);
      if (!mine.size) this.#listeners.delete(topic);
      this.#changed();
    };
  }

  #changed(): void {
    const topics = [...this.#listeners.keys()].sort().join(",");
    if (topics === this.#topics) return;
    this.#topics = topics;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), 0); // one page goes, the next comes: one stream for both
  }

  #open(): void {
    this.#close();
    if (!this.#topics) return void (this.state = "off");
    if (this.state === "off") this.state = "reconnecting";
    const source = new EventSource(at("/stream", { topics: this.#topics }), { withCredentials: true });
    this.#source = source;
    let before = false;
    source.onopen = () => {
      [this.state, this.aliveAt] = ["live", Date.now()];
      if (this.#failures && !before) this.#resync(); // a stream of its own, not the old one resumed
      [before, this.#failures] = [true, 0];
    };
    source.onerror = () => {
      this.state = "reconnecting";
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again, from where it was
      this.#failures++;
      this.#timer = setTimeout(() => this.#open(), AGAIN[Math.min(this.#failures, AGAIN.length) - 1]);
    };
    for (const name of NAMES) {
      source.addEventListener(name, (event) => this.#hear({ name, data: JSON.parse((event as MessageEvent<string>).data) } as Heard));
    }
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }

  #hear(news: Heard): void {
    this.aliveAt = Date.now();
    for (const [topic, listeners] of this.#listeners) {
      if (about(topic, news)) for (const listener of [...listeners]) listener(news);
    }
  }

  #resync(): void {
    for (const topic of this.#listeners.keys()) {
      const backfill = topic === "list" ? null : Number(topic.split(":")[1]);
      if (!topic.startsWith("log:")) this.#hear({ name: "resync", data: { backfill, version: 0, reason: "the stream was cut" } });
    }
  }

  #seen(visible: boolean): void {
    clearTimeout(this.#hidden);
    if (!visible) this.#hidden = setTimeout(() => this.#close(), HIDDEN);
    else if (!this.#source && this.#topics) {
      this.#failures = 1;
      this.#open();
    }
  }
}

function about(topic: string, { name, data }: Heard): boolean {
  if (name === "log") return topic.split("@")[0] === `log:${data.instance}/${data.attempt}`;
  if (name === "counts") return topic === "list";
  return topic === (data.backfill === null ? "list" : `backfill:${data.backfill}`);
}

export const stream = new Stream();
