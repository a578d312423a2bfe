/** What became of a task's cycles, folded to one word a business date. */

/** From what is good to what is bad: the worst cycle of a date is what the date is. */
export const WORDS = ["not_due", "succeeded", "stale", "running", "never_run", "lost", "failed"] as const;
export type Word = (typeof WORDS)[number];

export const NAMES: Record<Word, string> = {
  not_due: "not due yet", succeeded: "succeeded", stale: "something upstream is newer", running: "running",
  never_run: "never run", lost: "lost", failed: "failed",
};

export interface Cycle {
  bizdate: string;
  cycle_time: string;
  status: Word;
  ended_at: string | null;
  backfill_id: number | null;
  held_by: number | null;
}

export interface Ledger {
  items: { counts: Partial<Record<Word, number>>; cycles: Cycle[] }[];
}

export interface Recorded {
  date: string;
  word: Word;
  cycles: number;
  counts: Partial<Record<Word, number>>;
  /** The newest backfill that ran any of it, or else holds it. */
  backfill: number | null;
}

export function recorded(cycles: readonly Cycle[]): Recorded[] {
  const found = new Map<string, Recorded>();
  for (const { bizdate, status, backfill_id, held_by } of cycles) {
    const day: Recorded = found.get(bizdate) ?? { date: bizdate, word: "not_due", cycles: 0, counts: {}, backfill: null };
    found.set(bizdate, day);
    day.cycles++;
    day.counts[status] = (day.counts[status] ?? 0) + 1;
    if (WORDS.indexOf(status) > WORDS.indexOf(day.word)) day.word = status;
    day.backfill = Math.max(day.backfill ?? 0, backfill_id ?? held_by ?? 0) || null;
  }
  return [...found.values()].sort((a, b) => a.date.localeCompare(b.date));
}

/** `2026-01-31: succeeded`, `2026-01-31: 22 succeeded, 2 failed`. */
export function told({ date, cycles, counts, word, backfill }: Recorded): string {
  const parts = WORDS.filter((each) => counts[each]).map((each) => `${counts[each]} ${NAMES[each]}`);
  return `${date}: ${cycles === 1 ? NAMES[word] : parts.join(", ")}${backfill ? `, backfill ${backfill}` : ""}`;
}
