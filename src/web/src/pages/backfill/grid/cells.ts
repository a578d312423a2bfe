/** What a cell of the grid holds: the instances of a row's tasks on a column's dates, by state. */
import { KINDS, type Matrix } from "../matrix.svelte";
import type { Column } from "./buckets";
import type { Row } from "./rows";

export interface Cells {
  /** The byte's high bits, when the cell that was read last holds one instance; else 0. */
  readonly flags: number;
  /** Counts of the cell by low four bits into an array that the next reading overwrites; answers their sum. */
  read(row: Row, column: Column, into: Uint32Array): number;
}

/** Counted from the bytes, whenever it is asked: only what is in view is. */
export class Bytes implements Cells {
  flags = 0;

  constructor(
    private readonly matrix: Matrix,
    private readonly order: Uint32Array,
  ) {}

  read(row: Row, column: Column, into: Uint32Array): number {
    const { matrix, order } = this;
    into.fill(0);
    let found = 0;
    for (let at = column.from; at < column.to; at++) {
      const date = order[at]!;
      for (let task = 0; task < row.tasks.length; task++) found += matrix.add(date, row.tasks[task]!, into);
    }
    this.flags = found === 1 && column.to - column.from === 1 && row.tasks.length === 1 ? this.#flags(row, column) : 0;
    return found;
  }

  /** The place of the only instance of a cell; undefined where there are none or several. */
  single(row: Row, column: Column): number | undefined {
    if (row.tasks.length !== 1 || column.to - column.from !== 1) return undefined;
    const places = this.matrix.places(this.order[column.from]!, row.tasks[0]!);
    return places.length === 1 ? places[0] : undefined;
  }

  #flags(row: Row, column: Column): number {
    const date = this.order[column.from]!;
    const { begins, firsts } = this.matrix.pattern(date);
    return this.matrix.bytes[this.matrix.offsets[date]! + firsts[begins[row.tasks[0]!]!]!]! & 0xf0;
  }
}

/** The kind that all of so many instances are of; -1 when they differ. */
export function uniform(counts: Uint32Array, total: number): number {
  for (let kind = 0; kind < KINDS; kind++) {
    if (counts[kind]) return counts[kind] === total ? kind : -1;
  }
  return -1;
}
