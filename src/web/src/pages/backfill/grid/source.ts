/** Where the numbers of the grid come from: the bytes of all instances, or counts of the daemon's where they are too many. */
import type { MatrixTasks } from "../../../core/types";
import { STATES } from "../../../words/states";
import { KINDS, type Matrix } from "../matrix.svelte";
import { chronological, type Column, type Unit } from "./buckets";
import { Bytes, type Cells } from "./cells";
import type { Row } from "./rows";
import { bad } from "./stack";

export interface Source {
  readonly is: MatrixTasks;
  /** Grows with every change. */
  readonly version: number;
  /** By what alone its counts are put together; null: by any. */
  readonly unit: Unit | null;
  /** Counts by step and kind, and the steps by calendar: all tasks together, evenly from the first date to the last. */
  readonly totals: { counts: Uint32Array; order: Uint32Array };
  cells(columns: readonly Column[]): Cells;
}

/** The bytes. */
export class Whole implements Source {
  readonly unit = null;
  readonly order: Uint32Array;

  constructor(readonly matrix: Matrix) {
    this.order = chronological(matrix.is.dates);
  }

  get is(): MatrixTasks {
    return this.matrix.is;
  }

  get version(): number {
    return this.matrix.version;
  }

  get totals(): Source["totals"] {
    return { counts: this.matrix.perDate, order: this.order };
  }

  cells(columns: readonly Column[]): Cells {
    return new Bytes(this.matrix, this.order, columns);
  }
}

/** `GET /backfills/{id}/grid?unit=month`: `counts[task][span]` by state, in the order of the tasks. */
export interface GridView {
  version: number;
  unit: Unit;
  states: string[];
  spans: { name: string; first: string; last: string }[];
  counts: number[][][];
}

/** Counts, as they were when they were asked for. */
export class Counted implements Source {
  readonly unit: Unit;
  readonly version: number;
  readonly totals: Source["totals"];
  readonly #spans: Map<string, number>;

  constructor(
    readonly is: MatrixTasks,
    private readonly view: GridView,
  ) {
    [this.unit, this.version] = [view.unit, view.version];
    this.#spans = new Map(view.spans.map((span, at) => [span.name, at]));
    const counts = new Uint32Array(view.spans.length * KINDS);
    for (const spans of view.counts) {
      spans.forEach((states, span) => states.forEach((n, kind) => (counts[span * KINDS + kind]! += n)));
    }
    this.totals = { counts, order: chronological(view.spans.map((span) => span.first)) };
  }

  cells(): Cells {
    return { flags: 0, single: () => undefined, failed: (column) => this.#failed(column), read: (row, column, into) => this.#read(row, column, into) };
  }

  #read(row: Row, { name }: Column, into: Uint32Array): number {
    into.fill(0);
    const span = this.#spans.get(name);
    if (span === undefined) return 0;
    let found = 0;
    for (const task of row.tasks) {
      this.view.counts[task]![span]!.forEach((n, kind) => {
        into[kind]! += n;
        found += n;
      });
    }
    return found;
  }

  #failed({ name }: Column): boolean {
    const span = this.#spans.get(name) ?? 0;
    return bad(this.totals.counts.subarray(span * KINDS, span * KINDS + STATES.length)) > 0;
  }
}
