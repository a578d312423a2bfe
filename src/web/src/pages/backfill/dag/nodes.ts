/** Nodes of a DAG with the states of their instances. */
import type { GraphNode } from "../../../drawing/graph";
import { count, many, share } from "../../../words/numbers";
import { BAD, DONE, LABELS, STACKED, STATES, sum, type Counts, type State } from "../../../words/states";
import { KINDS, type Matrix } from "../matrix.svelte";
import type { Drawn } from "./groups";

/** How many instances of these tasks are in each state, on one date by its place or on all of them (null). */
export function countsOf(matrix: Matrix, tasks: readonly number[], date: number | null): Counts {
  const by = date === null ? overall(matrix, tasks) : matrix.count(date, date, tasks);
  return Object.fromEntries(STATES.map((state, at) => [state, by[at]!] as const).filter(([, many]) => many));
}

function overall(matrix: Matrix, tasks: readonly number[]): Uint32Array {
  const into = new Uint32Array(KINDS);
  for (const task of tasks) for (let kind = 0; kind < KINDS; kind++) into[kind]! += matrix.perTask[task * KINDS + kind]!;
  return into;
}

/** As it is drawn; `only` makes what has no instance in that state faint. */
export function nodeOf({ key, name, tasks, group }: Drawn, counts: Counts, only: State | null): GraphNode {
  const total = sum(counts, STATES);
  const note = total ? share(sum(counts, DONE), total) : "";
  return {
    key,
    name,
    label: `${name} ${note}${group ? ` of ${many(tasks.length, "task")}` : ""}: ${said(counts)}`,
    note,
    counts,
    bad: sum(counts, BAD) > 0,
    stack: group,
    faint: only !== null && !counts[only],
  };
}

/** `Succeeded 12, Failed 1`. */
export function said(counts: Counts): string {
  const found = STACKED.filter((state) => counts[state]);
  return found.map((state) => `${LABELS[state]} ${count(counts[state]!)}`).join(", ") || "nothing to run";
}
