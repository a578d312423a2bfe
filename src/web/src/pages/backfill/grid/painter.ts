/** Paints the grid: names, ticks, cells, what is selected and focused. All that is in view, and nothing else. */
import { HELD, STATES, STOPPING, type State } from "../../../words/states";
import { KINDS } from "../matrix.svelte";
import type { Column } from "./buckets";
import { uniform, type Cells } from "./cells";
import type { Frame } from "./frame";
import type { Palette } from "./palette";
import type { Row } from "./rows";
import type { Box, Cell } from "./selection";
import { ORDER, stacked } from "./stack";
import { DIMMED, FAINT, gap, Strips } from "./strips";
import { ticksOf } from "./ticks";

export interface Scene {
  frame: Frame;
  columns: readonly Column[];
  rows: readonly Row[];
  cells: Cells;
  palette: Palette;
  only: State | null;
  cursor: Cell | null;
  /** Whether the keyboard moves the cursor now. */
  focused: boolean;
  selected: Box | null;
}

/** What failed is never lower than this, nor higher than this share of its cell for that. */
const [LEAST, SHARE] = [3, 0.34];
const EMPTY = -1;
const MIXED = -2;

export class Painter {
  readonly #counts = new Uint32Array(KINDS);
  readonly #tops = new Float64Array(ORDER.length);
  #strips: Strips | undefined;

  /** One frame, onto a context of the frame's size. */
  paint(context: CanvasRenderingContext2D, scene: Scene): void {
    const { frame, palette } = scene;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = palette.card;
    context.fillRect(0, 0, frame.width, frame.height);
    this.#cells(context, scene);
    marks(context, scene);
    names(context, scene);
    head(context, scene);
  }

  #cells(context: CanvasRenderingContext2D, scene: Scene): void {
    const { frame, palette, only, rows } = scene;
    const layout = { edges: frame.edges, height: frame.rowHeight, ratio: frame.ratio, palette };
    if (!this.#strips?.fit(layout)) this.#strips = new Strips(layout);
    const wanted = only === null ? -1 : STATES.indexOf(only);
    for (let row = frame.top; row < frame.bottom; row++) this.#row(context, scene, rows[row]!, frame.y(row), wanted);
  }

  /** Neighbours that look alike are copied together. */
  #row(context: CanvasRenderingContext2D, { frame, columns, cells }: Scene, row: Row, y: number, wanted: number): void {
    const { left, right, edges } = frame;
    let begin = left;
    let before = EMPTY;
    for (let column = left; column < right; column++) {
      const total = cells.read(row, columns[column]!, this.#counts);
      const look = total ? this.#look(total, cells.flags, wanted) : EMPTY;
      if (look !== before) {
        this.#copy(context, frame, before, begin, column, y);
        [begin, before] = [column, look];
      }
      if (look === MIXED) this.#stack(context, edges[column - left]!, edges[column - left + 1]!, y, total, wanted);
    }
    this.#copy(context, frame, before, begin, right, y);
  }

  #look(total: number, flags: number, wanted: number): number {
    const kind = uniform(this.#counts, total);
    if (kind < 0) return MIXED;
    return kind | (flags & (HELD | STOPPING)) | (wanted >= 0 && kind !== wanted ? DIMMED : 0);
  }

  #copy(context: CanvasRenderingContext2D, { edges, left, rowHeight }: Frame, look: number, from: number, to: number, y: number): void {
    if (look < 0 || from === to) return;
    const x = edges[from - left]!;
    const width = edges[to - left]! - x;
    context.drawImage(this.#strips!.of(look), x - edges[0]!, 0, width, rowHeight, x, y, width, rowHeight);
  }

  /** Shares of states where they differ. */
  #stack(context: CanvasRenderingContext2D, x: number, end: number, y: number, total: number, wanted: number): void {
    const { height: rowHeight, ratio, palette } = this.#strips!.layout;
    const width = end - x - gap(end - x, ratio);
    const height = rowHeight - gap(rowHeight, ratio);
    stacked(this.#counts, total, height, Math.min(LEAST * ratio, height * SHARE), this.#tops);
    let bottom = 0;
    ORDER.forEach((kind, at) => {
      const top = Math.round(this.#tops[at]!);
      if (top <= bottom) return;
      context.globalAlpha = wanted >= 0 && wanted !== kind ? FAINT : 1;
      context.fillStyle = palette.states[kind]!;
      context.fillRect(x, y + height - top, width, top - bottom);
      bottom = top;
    });
    context.globalAlpha = 1;
  }
}

function marks(context: CanvasRenderingContext2D, { frame, palette, selected, cursor, focused }: Scene): void {
  const { ratio } = frame;
  context.save();
  context.beginPath();
  context.rect(frame.labels, frame.head, frame.width - frame.labels, frame.height - frame.head);
  context.clip();
  if (selected) {
    const [x, y, width, height] = frame.box(selected);
    context.fillStyle = palette.accent;
    context.globalAlpha = 0.24;
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
    stroke(context, palette.accent, 2 * ratio, [x, y, width, height]);
  }
  if (cursor && focused) {
    const box = frame.box({ top: cursor.row, bottom: cursor.row, left: cursor.column, right: cursor.column });
    stroke(context, palette.card, 4 * ratio, box);
    stroke(context, palette.text, 2 * ratio, box);
  }
  context.restore();
}

function stroke(context: CanvasRenderingContext2D, colour: string, line: number, [x, y, width, height]: readonly [number, number, number, number]): void {
  [context.strokeStyle, context.lineWidth] = [colour, line];
  context.strokeRect(x, y, width, height);
}

/** Names on the left stay where they are when dates go by. */
function names(context: CanvasRenderingContext2D, { frame, palette, rows, cursor, focused }: Scene): void {
  const { ratio, labels, rowHeight, height, head } = frame;
  context.fillStyle = palette.card;
  context.fillRect(0, head, labels, height - head);
  const size = Math.min(12 * ratio, rowHeight - ratio);
  const letter = size * 0.602;
  context.textBaseline = "middle";
  for (let row = frame.top; row < frame.bottom && size >= 6 * ratio; row++) {
    const { group, shut, name, tasks } = rows[row]!;
    const here = cursor?.row === row;
    const x = (group ? 8 : 20) * ratio;
    context.font = `${group || here ? 600 : 400} ${size}px ${palette.mono}`;
    context.fillStyle = here && focused ? palette.accent : group ? palette.text : palette.muted;
    const text = group ? `${shut ? "▸" : "▾"} ${name} · ${tasks.length}` : name;
    context.fillText(cut(text, (labels - x - 8 * ratio) / letter), x, frame.y(row) + (rowHeight - gap(rowHeight, ratio)) / 2 + ratio / 2);
  }
  context.fillStyle = palette.line;
  context.fillRect(labels - ratio, 0, ratio, height);
}

/** A text of at most so many signs. */
function cut(text: string, signs: number): string {
  return text.length <= signs ? text : `${text.slice(0, Math.max(1, Math.floor(signs) - 1))}…`;
}

/** Dates above stay where they are when tasks go by. */
function head(context: CanvasRenderingContext2D, { frame, palette, columns }: Scene): void {
  const { ratio, labels, head: height, width, edges, left, right } = frame;
  context.fillStyle = palette.card;
  context.fillRect(0, 0, width, height);
  context.textBaseline = "middle";
  for (const { column, label, strong } of ticksOf(columns, left, right, frame.columnWidth)) {
    const x = edges[column - left]!;
    context.fillStyle = palette["line-strong"];
    if (column > left) context.fillRect(x - ratio, height - 8 * ratio, ratio, 8 * ratio);
    context.font = `${strong ? 600 : 400} ${11.5 * ratio}px ${palette.sans}`;
    context.fillStyle = strong ? palette.text : palette.muted;
    context.fillText(label, x + 3 * ratio, height / 2);
  }
  context.fillStyle = palette.line;
  context.fillRect(0, height - ratio, width, ratio);
  context.fillRect(labels - ratio, 0, ratio, height);
}
