/** Cells in words. */
import { count } from "../../../words/numbers";
import { HELD, LABELS, STACKED, STATES, STOPPING, UNKNOWN } from "../../../words/states";
import type { Column } from "./buckets";
import type { Row } from "./rows";

/** `Succeeded 29, Failed 2`: what is bad comes first. */
export function statesOf(counts: Uint32Array): [label: string, kind: number, n: number][] {
  const known = STACKED.toReversed().map((state): [string, number, number] => [LABELS[state], STATES.indexOf(state), counts[STATES.indexOf(state)]!]);
  return [...known, ["Not kept", UNKNOWN, counts[UNKNOWN]!] as [string, number, number]].filter(([, , n]) => n > 0);
}

/** `held`, `stopping`, or both. */
export function flagsOf(flags: number): string {
  return [flags & HELD && "held", flags & STOPPING && "stopping"].filter(Boolean).join(", ");
}

/** `2024-01-05`, or `2024-01-01 → 2024-01-31` with the name of what that is. */
export function datesOf({ name, first, last }: Column): string {
  if (first === last) return first;
  return `${first} → ${last} (${name})`;
}

export function rowOf(row: Row): string {
  return row.group ? `${row.name} · ${count(row.tasks.length)} tasks` : row.name;
}

/** What a screen reader says of a cell: `2026-07-03, dwd: Succeeded 1`. */
export function spoken(row: Row, column: Column, counts: Uint32Array, flags: number): string {
  const states = statesOf(counts).map(([label, , n]) => `${label} ${count(n)}`);
  const flagged = flagsOf(flags);
  return `${datesOf(column)}, ${rowOf(row)}: ${states.join(", ") || "no instance"}${flagged && `, ${flagged}`}`;
}
