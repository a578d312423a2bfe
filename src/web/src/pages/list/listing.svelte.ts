/** The backfills of one page of the list, live, and what is going on over all that are open. */
import { untrack } from "svelte";

import { get } from "../../core/ask";
import { Loaded } from "../../core/loaded.svelte";
import { stream, type Heard } from "../../core/stream.svelte";
import type { Backfill, Overview, Word } from "../../core/types";
import { OVER } from "../../words/words";
import { ordered, type Order } from "./order";

interface Page {
  items: Backfill[];
  next: number | null;
}

type News = Extract<Heard, { name: "counts" }>["data"];

/** Milliseconds that news are gathered before the rows show them. */
const GATHER = 250;
const SOON = 1500;

export class Listing {
  readonly overview = new Loaded<Overview>((signal) => get("/overview", { signal }));
  readonly page: Loaded<Page>;
  readonly open = $derived(new Map((this.overview.data?.backfills ?? []).map((each) => [each.backfill_id, each])));
  readonly attention = $derived((this.overview.data?.backfills ?? []).filter((each) => each.attention));
  readonly rows = $derived.by(() => ordered(this.page.data?.items ?? [], this.order(), this.open));
  readonly #news = new Map<number, News>();
  #gathering: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly query: () => string,
    private readonly order: () => Order | null,
  ) {
    this.page = new Loaded<Page>((signal) => get(`/backfills?${this.query()}`, { signal }));
  }

  /** Follow all that happens until the answer is called. */
  begin(): () => void {
    void this.overview.load();
    const unfollow = stream.follow("list", (news) => this.#hear(news));
    return () => {
      unfollow();
      clearTimeout(this.#gathering);
      this.overview.stop();
      this.page.stop();
    };
  }

  /** Something was done, or the page may have missed something. */
  refresh(): void {
    void this.overview.load();
    void this.page.load();
  }

  #hear(news: Heard): void {
    if (news.name === "resync") return this.refresh();
    if (news.name !== "counts") return;
    this.#news.set(news.data.backfill, news.data);
    this.#gathering ??= setTimeout(() => this.#show(), GATHER);
  }

  /** Rows get their new counts at once; a backfill that is new, or over, is asked for. */
  #show(): void {
    this.#gathering = undefined;
    const news = new Map(this.#news);
    this.#news.clear();
    untrack(() => {
      const page = this.page.data;
      if (!page) return;
      const known = new Map(page.items.map((it) => [it.id, it]));
      const changed = [...news.values()].some((each) => known.get(each.backfill)?.status !== each.status);
      this.page.data = { ...page, items: page.items.map((it) => told(it, news.get(it.id))) };
      if (changed) this.page.soon(SOON);
      this.overview.soon(SOON);
    });
  }
}

function told(it: Backfill, news: News | undefined): Backfill {
  if (!news) return it;
  const status = news.status as Word;
  return { ...it, status, counts: news.counts, runs: news.runs, done_at: OVER.has(status) ? (it.done_at ?? new Date().toISOString()) : null };
}
