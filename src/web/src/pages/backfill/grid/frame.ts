/** Where things stand on the canvas: which rows and columns are in view, and where. All lengths in device pixels. */
import { NARROWEST } from "./buckets";
import type { Box } from "./selection";

/** What is given, in CSS pixels. */
export interface Given {
  width: number;
  height: number;
  scrollX: number;
  scrollY: number;
  /** Of the names on the left, and of the dates above. */
  labels: number;
  head: number;
  columnWidth: number;
  rowHeight: number;
  columns: number;
  rows: number;
  ratio: number;
}

/** The widest and, when its unit is chosen, the narrowest column; a grid of few dates is not to be a wall. */
const WIDEST = 40;
const USUAL = 12;

/** Pixels of a column: all fill the width when they find room there, else each has whole pixels, and they scroll. */
export function columnWidth(columns: number, room: number, fit: boolean): number {
  const even = room / Math.max(1, columns);
  if (even >= (fit ? NARROWEST : USUAL)) return Math.min(WIDEST, even);
  return fit ? Math.ceil(NARROWEST) : USUAL;
}

export class Frame {
  readonly width: number;
  readonly height: number;
  readonly labels: number;
  readonly head: number;
  readonly rowHeight: number;
  readonly ratio: number;
  /** In CSS pixels. */
  readonly columnWidth: number;
  /** The first row and column in view, and those behind the last. */
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
  /** Where columns begin, from `left` to `right`, both included. */
  readonly edges: readonly number[];

  constructor(private readonly given: Given) {
    const { ratio, scrollY, rowHeight, height, head, labels, width, rows, columns, columnWidth: wide } = given;
    this.ratio = ratio;
    this.columnWidth = wide;
    [this.width, this.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    [this.labels, this.head, this.rowHeight] = [Math.round(labels * ratio), Math.round(head * ratio), Math.round(rowHeight * ratio)];
    this.top = Math.max(0, Math.floor(scrollY / rowHeight));
    this.bottom = Math.min(rows, Math.ceil((scrollY + height - head) / rowHeight));
    this.left = firstColumn(given);
    this.right = Math.min(columns, this.left + Math.ceil((width - labels) / wide));
    this.edges = Array.from({ length: Math.max(0, this.right - this.left) + 1 }, (_, at) => this.labels + Math.round(at * wide * ratio));
  }

  /** Where a row begins. */
  y(row: number): number {
    return this.head + row * this.rowHeight - Math.round(this.given.scrollY * this.ratio);
  }

  /** Where a box of cells lies, also beyond what is in view. */
  box({ top, bottom, left, right }: Box): readonly [number, number, number, number] {
    const x = (column: number): number => this.labels + Math.round((column - this.left) * this.columnWidth * this.ratio);
    return [x(left), this.y(top), x(right + 1) - x(left), (bottom - top + 1) * this.rowHeight];
  }
}

/** Columns go by whole: half of one would say nothing. */
export function firstColumn({ scrollX, columnWidth: wide, columns }: Pick<Given, "scrollX" | "columnWidth" | "columns">): number {
  return Math.max(0, Math.min(columns - 1, Math.round(scrollX / wide)));
}

/** The row and column under a point of the canvas in CSS pixels; -1 where there are names, dates or nothing. */
export function under(given: Given, x: number, y: number): { row: number; column: number } {
  const row = Math.floor((y - given.head + given.scrollY) / given.rowHeight);
  const column = firstColumn(given) + Math.floor((x - given.labels) / given.columnWidth);
  return {
    row: y >= given.head && row < given.rows ? row : -1,
    column: x >= given.labels && column < given.columns ? column : -1,
  };
}
