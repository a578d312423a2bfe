/** A backfill as a matrix of dates and tasks: one byte an instance, kept up to date by deltas. */
import type { MatrixTasks } from "../../core/types";
import { MASK } from "../../words/states";

/** An instance's id is `run * RUN + ordinal`; beyond 32 bits, so no shifting. */
export const RUN = 2 ** 20;
/** Counts are kept by the low four bits. */
export const KINDS = 16;

/** Where the instances of a date lie among its bytes, for all dates of one pattern. */
class Pattern {
  /** The task of each ordinal. */
  readonly taskOf: Uint16Array;
  /** Stretches of ordinals `[first, how many]` of each task; none where it has no cycle on such a date. */
  readonly stretches: [number, number][][];

  constructor(readonly size: number, layout: [number, number][], tasks: number) {
    this.taskOf = new Uint16Array(size);
    this.stretches = Array.from({ length: tasks }, () => []);
    let ordinal = 0;
    for (const [task, length] of layout) {
      this.taskOf.fill(task, ordinal, ordinal + length);
      this.stretches[task]?.push([ordinal, length]);
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

  constructor(
    readonly is: MatrixTasks,
    readonly bytes: Uint8Array,
  ) {
    this.patterns = is.patterns.map((pattern) => new Pattern(pattern.size, pattern.layout, is.tasks.length));
    this.offsets = new Uint32Array(is.dates.length + 1);
    for (let date = 0; date < is.dates.length; date++) {
      this.offsets[date + 1] = this.offsets[date]! + this.pattern(date).size;
    }
    this.perDate = new Uint32Array(is.dates.length * KINDS);
    this.perTask = new Uint32Array(is.tasks.length * KINDS);
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
  apply(index: number[], state: number[]): void {
    for (let at = 0; at < index.length; at++) {
      const place = index[at]!;
      const [was, is] = [this.bytes[place]! & MASK, state[at]! & MASK];
      this.bytes[place] = state[at]!;
      if (was === is) continue;
      const date = this.dateOf(place);
      const task = this.pattern(date).taskOf[place - this.offsets[date]!]!;
      this.perDate[date * KINDS + was]!--;
      this.perDate[date * KINDS + is]!++;
      this.perTask[task * KINDS + was]!--;
      this.perTask[task * KINDS + is]!++;
    }
    this.version++;
  }

  /** The date that a byte belongs to. */
  dateOf(place: number): number {
    let [low, high] = [0, this.dates - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.offsets[middle]! <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The places of a task's bytes on a date, in the order of its cycles. */
  places(date: number, task: number): number[] {
    const begin = this.offsets[date]!;
    const found: number[] = [];
    for (const [first, length] of this.pattern(date).stretches[task] ?? []) {
      for (let at = 0; at < length; at++) found.push(begin + first + at);
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
    const date = this.is.runs.indexOf(Math.floor(instance / RUN));
    const ordinal = instance % RUN;
    return date < 0 || ordinal >= this.pattern(date).size ? undefined : this.offsets[date]! + ordinal;
  }

  /** Adds up how many instances of these tasks on dates `first` to `last` are in each state. */
  count(first: number, last: number, tasks: Iterable<number>, into: Uint32Array = new Uint32Array(KINDS)): Uint32Array {
    const wanted = [...tasks];
    for (let date = first; date <= last; date++) {
      const [begin, pattern] = [this.offsets[date]!, this.pattern(date)];
      for (const task of wanted) {
        for (const [start, length] of pattern.stretches[task]!) {
          for (let at = begin + start; at < begin + start + length; at++) into[this.bytes[at]! & MASK]!++;
        }
      }
    }
    return into;
  }

  #countAll(): void {
    for (let date = 0; date < this.dates; date++) {
      const [begin, { taskOf, size }] = [this.offsets[date]!, this.pattern(date)];
      for (let at = 0; at < size; at++) {
        const state = this.bytes[begin + at]! & MASK;
        this.perDate[date * KINDS + state]!++;
        this.perTask[taskOf[at]! * KINDS + state]!++;
      }
    }
  }
}
