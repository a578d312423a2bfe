/** Which cells are meant: one by moving about, a box of them by dragging or Shift, and how the address says it. */
import { columnAt, type Column } from "./buckets";
import type { Row } from "./rows";

export interface Cell {
  row: number;
  column: number;
}

/** All of its borders belong to it. */
export interface Box {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** How many rows and columns there are, and how many fit into the view. */
export interface Extent {
  rows: number;
  columns: number;
  page: { rows: number; columns: number };
}

export function boxOf(a: Cell, b: Cell): Box {
  return {
    top: Math.min(a.row, b.row),
    bottom: Math.max(a.row, b.row),
    left: Math.min(a.column, b.column),
    right: Math.max(a.column, b.column),
  };
}

/** Where a key leads; null for one that does not move. */
export function moved({ row, column }: Cell, key: string, { rows, columns, page }: Extent): Cell | null {
  const to = {
    ArrowUp: { row: row - 1, column },
    ArrowDown: { row: row + 1, column },
    ArrowLeft: { row, column: column - 1 },
    ArrowRight: { row, column: column + 1 },
    PageUp: { row: row - page.rows, column },
    PageDown: { row: row + page.rows, column },
    Home: { row, column: 0 },
    End: { row, column: columns - 1 },
  }[key];
  return to ? { row: within(to.row, rows), column: within(to.column, columns) } : null;
}

/** `2024-01-01..2024-01-31,17..42`: first and last date, keys of the first and last row. */
export function textOf(box: Box, columns: readonly Column[], rows: readonly Row[]): string {
  return `${columns[box.left]!.first}..${columns[box.right]!.last},${rows[box.top]!.key}..${rows[box.bottom]!.key}`;
}

/** The box that an address means, among these columns and rows; null when its rows are not shown. */
export function boxFrom(text: string, columns: readonly Column[], rows: readonly Row[]): Box | null {
  const found = /^(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d),(g?\d+)\.\.(g?\d+)$/.exec(text);
  if (!found || !columns.length) return null;
  const [top, bottom] = [found[3], found[4]].map((key) => rows.findIndex((row) => row.key === key)) as [number, number];
  if (top < 0 || bottom < 0) return null;
  return boxOf({ row: top, column: columnAt(columns, found[1]!) }, { row: bottom, column: columnAt(columns, found[2]!) });
}

export function within(n: number, size: number): number {
  return Math.max(0, Math.min(size - 1, n));
}
