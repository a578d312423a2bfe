/** In which order the rows of a page stand; the pages themselves go from the newest to the oldest. */
import type { Backfill, Open } from "../../core/types";
import { DONE, sum } from "../../words/states";

export const COLUMNS = ["name", "status", "dates", "progress", "end"] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  column: Column;
  down: boolean;
}

type Key = string | number;

/** Of a word in the address: `name`, or `-name` from the last to the first; null for any other. */
export function orderOf(word: string | null): Order | null {
  const column = COLUMNS.find((each) => each === word?.replace(/^-/, ""));
  return column ? { column, down: word!.startsWith("-") } : null;
}

/** The word for the next order that a column is asked for: up, down, and as it was. */
export function turned(order: Order | null, column: Column): string | null {
  if (order?.column !== column) return column;
  return order.down ? null : `-${column}`;
}

/** By a column; without one those first that need somebody. Rows that have nothing to go by stay last, equals stay. */
export function ordered(rows: readonly Backfill[], order: Order | null, open: ReadonlyMap<number, Open>): Backfill[] {
  if (!order) return rows.toSorted((a, b) => Number(!open.get(a.id)?.attention) - Number(!open.get(b.id)?.attention));
  const keys = new Map(rows.map((it) => [it.id, keyOf(it, order.column, open.get(it.id))]));
  return rows.toSorted((a, b) => {
    const [one, other] = [keys.get(a.id), keys.get(b.id)];
    if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
    return order.down ? compared(other, one) : compared(one, other);
  });
}

function keyOf(it: Backfill, column: Column, open: Open | undefined): Key | undefined {
  switch (column) {
    case "name":
      return it.name;
    case "status":
      return it.status;
    case "dates":
      return it.dates.first;
    case "progress":
      return it.instances ? sum(it.counts, DONE) / it.instances : undefined;
    case "end": {
      const end = it.done_at ?? open?.expected_end_p50;
      return end ? Date.parse(end) : undefined;
    }
  }
}

function compared(a: Key, b: Key): number {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
}
