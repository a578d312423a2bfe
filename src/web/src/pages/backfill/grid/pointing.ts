/** What a pointer does on the grid: dragging selects, a click opens, or lets go of what was selected before. */
import { boxOf, type Cell } from "./selection";
import type { View } from "./view.svelte";

export class Pointing {
  /** Where it was pressed, until it is let go. */
  #from: Cell | null = null;
  #drags = false;
  #opens = false;

  constructor(
    private readonly view: View,
    private readonly open: (cell: Cell) => void,
  ) {}

  get dragging(): boolean {
    return this.#from !== null && this.#drags;
  }

  /** Answers whether dragging may follow: a finger scrolls instead. */
  down(cell: Cell, { button, shiftKey, pointerType }: PointerEvent): boolean {
    const { view } = this;
    if (button !== 0 || !isCell(cell)) return false;
    if (shiftKey) {
      view.move(cell, view.at ?? cell);
      return false;
    }
    this.#opens = view.selected === null;
    if (view.selected) view.select(null);
    view.begin(cell);
    [this.#from, this.#drags] = [cell, pointerType !== "touch"];
    return this.#drags;
  }

  move(cell: Cell): void {
    if (!this.#from || !this.#drags || !isCell(cell)) return;
    if (this.view.selected || !same(this.#from, cell)) this.view.select(boxOf(this.#from, cell));
  }

  click(cell: Cell): void {
    const [from, row] = [this.#from, this.view.rows[cell.row]];
    this.end();
    if (from && same(from, cell) && this.#opens && !this.view.selected) this.open(cell);
    else if (!from && cell.column < 0 && row?.group) this.view.toggle(row.key);
  }

  end(): void {
    this.#from = null;
  }
}

/** Not a name, a date, or nothing. */
export function isCell({ row, column }: Cell): boolean {
  return row >= 0 && column >= 0;
}

function same(a: Cell, b: Cell): boolean {
  return a.row === b.row && a.column === b.column;
}
