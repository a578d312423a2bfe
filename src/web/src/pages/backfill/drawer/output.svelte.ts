/** What an attempt has written: the last part of it at once, the rest as it comes. */
import { at, fetched, Problem } from "../../../core/ask";
import { stream, type News } from "../../../core/stream.svelte";
import { Lines, whole } from "./lines";

/** Bytes that are shown at first. */
export const LAST = 64 * 1024;

export class Output {
  lines = $state.raw(new Lines());
  /** Grows with every text: what shows the lines reads it. */
  version = $state(0);
  /** `none`: the attempt has no output yet, or it is gone. */
  standing = $state<"loading" | "there" | "none">("loading");
  problem = $state.raw<Problem | undefined>();
  /** Bytes before the first that are shown. */
  before = $state(0);
  /** Bytes that `log_limit` has cut out of the middle. */
  missing = $state(0);
  #next = 0;
  #asked: AbortController | undefined;
  #unfollow: (() => void) | undefined;

  /** `ended` is called when it is told that nothing more comes. */
  constructor(
    readonly instance: number,
    readonly attempt: number,
    private readonly ended: () => void,
  ) {}

  /** Where all of it can be fetched. */
  get address(): string {
    return at(this.#path, { attempt: this.attempt });
  }

  get #path(): string {
    return `/task_instances/${this.instance}/log`;
  }

  /** Show the last of it, and go on with what comes, until `stop`; of an attempt that is `over` nothing comes. */
  async begin(over: boolean): Promise<void> {
    this.stop();
    this.#asked = new AbortController();
    try {
      await this.#load(this.#asked.signal);
    } catch (error) {
      return this.#failed(error);
    }
    if (over) return;
    const topic = `log:${this.instance}/${this.attempt}@${this.#next}`;
    this.#unfollow = stream.follow(topic, (news) => news.name === "log" && this.#hear(news.data));
  }

  stop(): void {
    this.#asked?.abort();
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  async #load(signal: AbortSignal): Promise<void> {
    const headers = { Range: `bytes=-${LAST}`, Accept: "text/plain" };
    const response = await fetched("GET", this.#path, undefined, { query: { attempt: this.attempt }, headers, signal });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const [first, , size] = numbers(response.headers.get("Content-Range") ?? `bytes 0-0/${bytes.length}`);
    const [from, to] = numbers(response.headers.get("X-Log-Hole") ?? "0-0");
    const kept = whole(bytes);
    this.#show(new Lines(first > 0), first, to - from);
    this.#next = size - (bytes.length - kept);
    this.#add(new TextDecoder().decode(bytes.subarray(0, kept)));
  }

  #show(lines: Lines, before: number, missing: number): void {
    [this.lines, this.before, this.missing, this.problem] = [lines, before, missing, undefined];
    this.standing = "there";
  }

  #failed(error: unknown): void {
    if (error instanceof DOMException && error.name === "AbortError") return;
    if (!(error instanceof Problem)) throw error;
    if (error.status === 404 || error.status === 410) this.standing = "none";
    else this.problem = error;
  }

  /** Some may come twice, when a stream began anew; where some is missing we look anew. */
  #hear({ offset, next, text, end }: News["log"]): void {
    const fresh = offset === this.#next ? text : behind(text, this.#next - offset, next - offset);
    if (next > this.#next && fresh === undefined) return void this.begin(false);
    if (next > this.#next && fresh) {
      this.#next = next;
      this.#add(fresh);
    }
    if (!end || next > this.#next) return;
    this.stop();
    this.ended();
  }

  #add(text: string): void {
    this.lines.push(text);
    this.version++;
  }
}

/** What is left of a text of `length` bytes behind its first ones; undefined where that cannot be told. */
function behind(text: string, bytes: number, length: number): string | undefined {
  const all = new TextEncoder().encode(text);
  return bytes >= 0 && all.length === length ? new TextDecoder().decode(all.subarray(bytes)) : undefined;
}

/** `bytes 100-199/500` has 100, 199 and 500. */
function numbers(header: string): [number, number, number] {
  const [first = 0, second = 0, third = 0] = (header.match(/\d+/g) ?? []).map(Number);
  return [first, second, third];
}
