/** The stream itself: one `EventSource`, replaced without a gap when other topics are wanted. */
import { at, fetched, Problem } from "./ask";
import { about, asked, NAMES, type Heard } from "./news";

export interface Stand {
  state: "live" | "reconnecting";
  /** What is heard of, as it was wanted. */
  topics: string[];
  /** Whether something may have been missed before. */
  gap: boolean;
}

const AGAIN = [500, 1000, 2000, 5000];
/** Topics that the daemon takes at once: only tabs that somebody sees have any. */
const MOST = 32;
/** Milliseconds in which the stream before tells all that it had when the next one took over. */
const OVERLAP = 300;

export class Source {
  #topics: string[] = [];
  #live: EventSource | undefined;
  #opening: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  readonly #refused = new Set<string>();
  /** How far each log was told. */
  readonly #reached = new Map<string, number>();

  constructor(
    private readonly tell: (news: Heard) => void,
    private readonly stands: (stand: Stand) => void,
  ) {}

  /** Hear of these topics from now on; of none: nothing is open. */
  want(topics: readonly string[]): void {
    this.#topics = [...topics];
    for (const topic of this.#refused) if (!topics.includes(topic)) this.#refused.delete(topic);
    for (const log of this.#reached.keys()) if (!topics.some((topic) => topic.startsWith(`${log}@`))) this.#reached.delete(log);
    this.#openIn(0); // one page goes, the next comes: one stream for both
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#opening?.close();
    this.#live?.close();
    this.#opening = this.#live = undefined;
  }

  #openIn(wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), wait);
  }

  #open(): void {
    this.#opening?.close();
    const topics = this.#topics.filter((topic) => !this.#refused.has(topic)).slice(0, MOST);
    if (!topics.length) return this.close();
    const source = new EventSource(at("/stream", { topics: asked(topics, this.#reached).join(",") }), { withCredentials: true });
    this.#opening = source;
    const held: Heard[] = [];
    for (const name of NAMES) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        const news = { name, data: JSON.parse(data) } as Heard;
        if (source === this.#live) this.#hear(news);
        else held.push(news);
      });
    }
    source.onopen = () => this.#opened(source, topics, held);
    source.onerror = () => this.#broken(source);
  }

  #opened(source: EventSource, topics: string[], held: Heard[]): void {
    this.#failures = 0;
    const before = this.#live;
    if (source === before) return this.stands({ state: "live", topics, gap: false }); // resumed from where it was
    if (before?.readyState === EventSource.OPEN) setTimeout(() => this.#takeOver(source, before, topics, held), OVERLAP);
    else this.#takeOver(source, before, topics, held);
  }

  #takeOver(source: EventSource, before: EventSource | undefined, topics: string[], held: Heard[]): void {
    if (source !== this.#opening) return;
    const gap = before?.readyState !== EventSource.OPEN;
    before?.close();
    [this.#live, this.#opening] = [source, undefined];
    this.stands({ state: "live", topics, gap });
    for (const news of held.splice(0)) this.#hear(news);
  }

  #broken(source: EventSource): void {
    const closed = source.readyState === EventSource.CLOSED; // else the browser tries again, from where it was
    if (closed && source === this.#opening) this.#opening = undefined;
    if (closed && source === this.#live) this.#live = undefined;
    if (this.#live?.readyState !== EventSource.OPEN) this.stands({ state: "reconnecting", topics: [], gap: false });
    if (closed) void this.#again();
  }

  /** A topic that the daemon refuses, as it does not know it, would cost all others their news. */
  async #again(): Promise<void> {
    const wait = AGAIN[Math.min(this.#failures++, AGAIN.length - 1)]!;
    for (const topic of this.#topics) if (!this.#refused.has(topic) && (await refuses(topic))) this.#refused.add(topic);
    if (!this.#opening) this.#openIn(wait);
  }

  #hear(news: Heard): void {
    if (news.name === "log") this.#reached.set(`log:${news.data.instance}/${news.data.attempt}`, news.data.next);
    if (this.#topics.some((topic) => about(topic, news))) this.tell(news);
  }
}

async function refuses(topic: string): Promise<boolean> {
  const stop = new AbortController();
  try {
    await fetched("GET", "/stream", undefined, { query: { topics: topic }, signal: stop.signal });
    return false;
  } catch (error) {
    return error instanceof Problem && [403, 404, 409, 410, 422].includes(error.status);
  } finally {
    stop.abort();
  }
}
