/** A graph to be drawn: nodes by their place in a list, edges as pairs of places. */
import type { Counts } from "../words/states";

export type Pair = readonly [up: number, down: number];

export interface GraphNode {
  /** What `chosen`, `onchoose` and `onopen` call it. */
  key: string;
  name: string;
  /** All that it says to who does not see it. */
  label: string;
  /** Short, beside its bar: `50.9 %`. */
  note?: string;
  /** Its bar; none: no bar. */
  counts?: Counts;
  /** Outlined in red. */
  bad?: boolean;
  /** Filled because it is chosen, or grey because it is not. */
  lit?: boolean;
  /** Not what is looked for. */
  faint?: boolean;
  /** It stands for several. */
  stack?: boolean;
}

/** What an edge waits for: the same cycle, the cycle before, or the dates before. */
export type EdgeKind = "same" | "previous" | "dates";

export interface GraphEdge {
  up: number;
  down: number;
  kind: EdgeKind;
}

/** Of each node: what is right before it, and right behind it. */
export interface Links {
  up: number[][];
  down: number[][];
}

export function linked(count: number, pairs: Iterable<Pair>): Links {
  const links: Links = { up: lists(count), down: lists(count) };
  for (const [up, down] of pairs) {
    links.up[down]!.push(up);
    links.down[up]!.push(down);
  }
  return links;
}

/** All that a node is reached from, and all that it reaches; itself is in both. */
export function trace(links: Links, node: number): { above: Set<number>; below: Set<number> } {
  return { above: reached(links.up, node), below: reached(links.down, node) };
}

function reached(next: number[][], node: number): Set<number> {
  const found = new Set([node]);
  for (const each of found) for (const further of next[each]!) found.add(further); // a set goes on with what is added
  return found;
}

function lists(count: number): number[][] {
  return Array.from({ length: count }, () => []);
}
