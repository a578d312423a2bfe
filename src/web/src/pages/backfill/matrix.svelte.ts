/** A backfill as a matrix of dates and tasks: one byte an instance, kept up to date by deltas. */
import type { MatrixTasks } from "../../core/types";
import { BAD, MASK, STATES } from "../../words/states";

/** An instance's id is `run * RUN + ordinal`; beyond 32 bits, so no shifting. */
export const RUN = 2 ** 20;
/** Instances beyond which a page does without: more bytes than it is good to hold. */
export const MOST = 8_000_000;
/** Counts are kept by the low four bits. */
export const KINDS = 16;
const BAD_KINDS = [...BAD].map((state) => STATES.indexOf(state));

/** Where the instances of a date lie among its bytes, for all dates of one pattern. */
class Pattern {
  /** The task of each ordinal. */
  readonly taskOf: Uint32Array;
  /** The stretches of a task are those from `begins[task]` to `begins[task + 1]`; none without a cycle on such a date. */
  readonly begins: Uint32Array;
  /** The first ordinal of each stretch, and how many there are. */
  readonly firsts: Uint32Array;
  readonly lengths: Uint32Array;

  constructor(readonly size: number, layout: [number, number][], tasks: number) {
    this.taskOf = new Uint32Array(size);
    this.begins = new Uint32Array(tasks + 1);
    this.firsts = new Uint32Array(layout.length);
    this.lengths = new Uint32Array(layout.length);
    for (const [task] of layout) this.begins[task + 1]!++;
    for (let task = 0; task < tasks; task++) this.begins[task + 1]! += this.begins[task]!;
    const next = this.begins.slice();
    let ordinal = 0;
    for (const [task, length] of layout) {
      const stretch = next[task]!++;
      [this.firsts[stretch], this.lengths[stretch]] = [ordinal, length];
      this.taskOf.fill(task, ordinal, ordinal + length);
      ordinal += length;
    }
  }
}

export class Matrix {
  /** Grows with every change of bytes: what shows them reads it. */
  version = $state(0);
  readonly patterns: Pattern[];
  /** Where the bytes of each date begin, and behind the last of them. */
  readonly offsets: Uint32Array;
  /** By date and low four bits: how many. */
  readonly perDate: Uint32Array;
  /** By task and low four bits: how many. */
  readonly perTask: Uint32Array;
  /** By date: the version in which it has changed last. */
  readonly changedAt: Uint32Array;
  readonly #positions = new Map<number, number>();

  constructor(
    readonly is: MatrixTasks,
    readonly bytes: Uint8Array,
  ) {
    this.patterns = is.patterns.map((pattern) => new Pattern(pattern.size, pattern.layout, is.tasks.length));
    this.offsets = new Uint32Array(is.dates.length + 1);
    for (let date = 0; date < is.dates.length; date++) {
      this.offsets[date + 1] = this.offsets[date]! + this.pattern(date).size;
      this.#positions.set(is.runs[date]!, date);
    }
    this.perDate = new Uint32Array(is.dates.length * KINDS);
    this.perTask = new Uint32Array(is.tasks.length * KINDS);
    this.changedAt = new Uint32Array(is.dates.length);
    this.#countAll();
  }

  get dates(): number {
    return this.is.dates.length;
  }

  get tasks(): number {
    return this.is.tasks.length;
  }

  pattern(date: number): Pattern {
    return this.patterns[this.is.pattern_of[date]!]!;
  }

  /** Bytes at these places are so now. */
  apply(index: readonly number[], state: readonly number[]): void {
    const { bytes, offsets, perDate, perTask, changedAt } = this;
    const version = this.version + 1;
    let [date, begin, end] = [0, 0, 0];
    for (let at = 0; at < index.length; at++) {
      const place = index[at]!;
      if (place < begin || place >= end) {
        date = this.dateOf(place); // changes come date by date, mostly
        [begin, end] = [offsets[date]!, offsets[date + 1]!];
        changedAt[date] = version;
      }
      const was = bytes[place]! & MASK;
      const is = state[at]! & MASK;
      bytes[place] = state[at]!;
      if (was === is) continue;
      const task = this.pattern(date).taskOf[place - begin]!;
      perDate[date * KINDS + was]!--;
      perDate[date * KINDS + is]!++;
      perTask[task * KINDS + was]!--;
      perTask[task * KINDS + is]!++;
    }
    this.version = version;
  }

  /** Whether something failed or was lost on a date. */
  failed(date: number): boolean {
    return BAD_KINDS.some((kind) => this.perDate[date * KINDS + kind]! > 0);
  }

  /** The date that a byte belongs to. */
  dateOf(place: number): number {
    let low = 0;
    let high = this.dates - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.offsets[middle]! <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The places of a task's bytes on a date, in the order of its cycles. */
  places(date: number, task: number): number[] {
    const { begins, firsts, lengths } = this.pattern(date);
    const found: number[] = [];
    for (let stretch = begins[task]!; stretch < begins[task + 1]!; stretch++) {
      for (let at = 0; at < lengths[stretch]!; at++) found.push(this.offsets[date]! + firsts[stretch]! + at);
    }
    return found;
  }

  /** The id of the instance at a place. */
  instance(place: number): number {
    const date = this.dateOf(place);
    return this.is.runs[date]! * RUN + (place - this.offsets[date]!);
  }

  /** Where an instance lies; undefined when it is not of this plan. */
  place(instance: number): number | undefined {
    const date = this.#positions.get(Math.floor(instance / RUN));
    const ordinal = instance % RUN;
    return date === undefined || ordinal >= this.pattern(date).size ? undefined : this.offsets[date]! + ordinal;
  }

  /** Adds up the instances of tasks on a date by their low four bits; answers how many they are. */
  add(date: number, tasks: readonly number[], into: Uint32Array): number {
    const { bytes } = this;
    const { begins, firsts, lengths } = this.pattern(date);
    const begin = this.offsets[date]!;
    let found = 0;
    for (let nth = 0; nth < tasks.length; nth++) {
      const task = tasks[nth]!;
      const end = begins[task + 1]!;
      for (let stretch = begins[task]!; stretch < end; stretch++) {
        const first = begin + firsts[stretch]!;
        const length = lengths[stretch]!;
        for (let at = first; at < first + length; at++) into[bytes[at]! & MASK]!++;
        found += length;
      }
    }
    return found;
  }

  /** Adds up how many instances of these tasks on dates `first` to `last` are in each state. */
  count(first: number, last: number, tasks: Iterable<number>, into: Uint32Array = new Uint32Array(KINDS)): Uint32Array {
    const wanted = [...tasks];
    for (let date = first; date <= last; date++) this.add(date, wanted, into);
    return into;
  }

  #countAll(): void {
    const { bytes, perDate, perTask } = this;
    for (let date = 0; date < this.dates; date++) {
      const { taskOf, size } = this.pattern(date);
      const begin = this.offsets[date]!;
      for (let at = 0; at < size; at++) {
        const state = bytes[begin + at]! & MASK;
        perDate[date * KINDS + state]!++;
        perTask[taskOf[at]! * KINDS + state]!++;
      }
    }
  }
}
