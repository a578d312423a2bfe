/** The next cell in which something failed. */
import { KINDS } from "../matrix.svelte";
import type { Column } from "./buckets";
import type { Cells } from "./cells";
import type { Row } from "./rows";
import type { Cell } from "./selection";
import { bad } from "./stack";

/** Column by column, forwards or backwards from a cell, and round the ends; open groups stand for their tasks' rows. */
export function nextFailure(
  from: Cell,
  step: 1 | -1,
  columns: readonly Column[],
  rows: readonly Row[],
  cells: Cells,
): Cell | null {
  const counts = new Uint32Array(KINDS);
  const fails = (row: number, column: number): boolean => {
    const is = rows[row]!;
    return !(is.group && !is.shut) && cells.read(is, columns[column]!, counts) > 0 && bad(counts) > 0;
  };
  for (let away = 0; away <= columns.length; away++) {
    const column = (((from.column + step * away) % columns.length) + columns.length) % columns.length;
    if (!cells.failed(columns[column]!)) continue;
    const begin = away === 0 ? from.row + step : step > 0 ? 0 : rows.length - 1;
    for (let row = begin; row >= 0 && row < rows.length; row += step) {
      if (fails(row, column)) return { row, column };
    }
  }
  return null;
}
