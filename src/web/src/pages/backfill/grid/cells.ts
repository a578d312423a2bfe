/** What a cell of the grid holds: the instances of a row's tasks on a column's dates, by state. */
import { MASK } from "../../../words/states";
import { KINDS, type Matrix } from "../matrix.svelte";
import type { Column } from "./buckets";
import type { Row } from "./rows";

export interface Cells {
  /** The byte's high bits, when the cell that was read last holds one instance; else 0. */
  readonly flags: number;
  /** Counts of the cell by low four bits into an array that the next reading overwrites; answers their sum. */
  read(row: Row, column: Column, into: Uint32Array): number;
  /** The only instance of a cell; undefined where there are none or several. */
  single(row: Row, column: Column): number | undefined;
  /** Whether something failed or was lost in a column. */
  failed(column: Column): boolean;
}

/** Cells of more instances than this are kept, and counted anew only when one of their dates has changed. */
const MANY = 16;

/** What is known of the large cells of a row, by column. */
class Kept {
  readonly counts: Uint32Array;
  readonly totals: Uint32Array;
  /** The version of the matrix in which each was counted, plus one; 0: never. */
  readonly at: Uint32Array;

  constructor(columns: number) {
    this.counts = new Uint32Array(columns * KINDS);
    [this.totals, this.at] = [new Uint32Array(columns), new Uint32Array(columns)];
  }
}

/** Counted from the bytes, whenever it is asked: only what is in view is. */
export class Bytes implements Cells {
  flags = 0;
  readonly #kept = new WeakMap<Row, Kept>();
  readonly #places: Map<Column, number>;
  readonly #changedAt: Uint32Array;
  #asOf = -1;

  constructor(
    private readonly matrix: Matrix,
    private readonly order: Uint32Array,
    columns: readonly Column[],
  ) {
    this.#places = new Map(columns.map((column, at) => [column, at]));
    this.#changedAt = new Uint32Array(columns.length);
  }

  read(row: Row, column: Column, into: Uint32Array): number {
    const dates = column.to - column.from;
    this.flags = 0;
    if (dates * row.tasks.length > MANY) return this.#large(row, column, into);
    into.fill(0);
    const found = this.#count(row, column, into);
    if (found === 1 && dates === 1 && row.tasks.length === 1) this.flags = this.#flags(row, column);
    return found;
  }

  #large(row: Row, column: Column, into: Uint32Array): number {
    const place = this.#places.get(column)!;
    let kept = this.#kept.get(row);
    if (!kept) this.#kept.set(row, (kept = new Kept(this.#places.size)));
    const begin = place * KINDS;
    if (kept.at[place]! <= this.#changes()[place]!) {
      const counts = kept.counts.subarray(begin, begin + KINDS).fill(0);
      kept.totals[place] = this.#count(row, column, counts);
      kept.at[place] = this.matrix.version + 1;
    }
    for (let kind = 0; kind < KINDS; kind++) into[kind] = kept.counts[begin + kind]!;
    return kept.totals[place]!;
  }

  /** By column: the version in which one of its dates has changed last. Looked up once a version, for all cells. */
  #changes(): Uint32Array {
    const { matrix, order } = this;
    if (this.#asOf === matrix.version) return this.#changedAt;
    this.#asOf = matrix.version;
    for (const [{ from, to }, place] of this.#places) {
      let last = 0;
      for (let at = from; at < to; at++) last = Math.max(last, matrix.changedAt[order[at]!]!);
      this.#changedAt[place] = last;
    }
    return this.#changedAt;
  }

  #count(row: Row, column: Column, into: Uint32Array): number {
    let found = 0;
    for (let at = column.from; at < column.to; at++) found += this.matrix.add(this.order[at]!, row.tasks, into);
    return found;
  }

  single(row: Row, column: Column): number | undefined {
    if (row.tasks.length !== 1 || column.to - column.from !== 1) return undefined;
    const places = this.matrix.places(this.order[column.from]!, row.tasks[0]!);
    return places.length === 1 ? this.matrix.instance(places[0]!) : undefined;
  }

  failed({ from, to }: Column): boolean {
    return this.order.subarray(from, to).some((date) => this.matrix.failed(date));
  }

  #flags(row: Row, column: Column): number {
    const date = this.order[column.from]!;
    const { begins, firsts } = this.matrix.pattern(date);
    return this.matrix.bytes[this.matrix.offsets[date]! + firsts[begins[row.tasks[0]!]!]!]! & ~MASK;
  }
}

/** The kind that all of so many instances are of; -1 when they differ. */
export function uniform(counts: Uint32Array, total: number): number {
  for (let kind = 0; kind < KINDS; kind++) {
    if (counts[kind]) return counts[kind] === total ? kind : -1;
  }
  return -1;
}
