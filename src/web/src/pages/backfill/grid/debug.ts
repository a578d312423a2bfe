/** What tests ask of the grid, as a canvas has nothing that they could read: `window.__grid`. */
import { STATES } from "../../../words/states";
import { KINDS } from "../matrix.svelte";
import type { View } from "./view.svelte";

export interface Debug {
  /** Keys of all rows, and names of all columns; what is in view of them. */
  rows: () => string[];
  columns: () => string[];
  view: () => { top: number; left: number; rows: number; columns: number };
  /** Counts by state of the cell of a row's key and a column's name. */
  counts: (row: string, column: string) => Record<string, number>;
  /** Milliseconds of the last paints, and how many there were in all. */
  times: number[];
  paints: number;
  /** Milliseconds after the page was asked for when the first was done. */
  shown: number;
}

declare global {
  interface Window {
    __grid?: Debug;
  }
}

const KEPT = 500;

export function watched(view: View): { begin: () => () => void; timed: (paint: () => void) => void } {
  const debug: Debug = {
    rows: () => view.rows.map((row) => row.key),
    columns: () => view.columns.map((column) => column.name),
    view: () => ({ top: Math.floor(view.scrollY / view.rowHeight), left: view.firstColumn, ...view.page }),
    counts: (row, column) => counts(view, row, column),
    times: [],
    paints: 0,
    shown: 0,
  };
  return {
    begin: () => {
      window.__grid = debug;
      return () => void delete window.__grid;
    },
    timed: (paint) => {
      const began = performance.now();
      paint();
      if (!debug.paints++) debug.shown = performance.now();
      debug.times.push(performance.now() - began);
      if (debug.times.length > KEPT) debug.times.shift();
    },
  };
}

function counts(view: View, key: string, name: string): Record<string, number> {
  const row = view.rows.find((each) => each.key === key || each.name === key);
  const column = view.columns.find((each) => each.name === name);
  if (!row || !column || !view.cells) return {};
  const found = new Uint32Array(KINDS);
  view.cells.read(row, column, found);
  return Object.fromEntries(STATES.map((state, kind) => [state, found[kind]!]));
}
