/**
 * Cells drawn beforehand: a strip has one cell a column, all in the same state, and neighbours that are alike are
 * copied from it in one go. Without a GPU that is what makes ten years cheap.
 */
import { HELD, STATES, STOPPING } from "../../../words/states";
import type { Palette } from "./palette";

export interface Layout {
  /** Where each column in view begins, and behind the last of them, in device pixels. */
  edges: readonly number[];
  /** Of a row, in device pixels. */
  height: number;
  ratio: number;
  palette: Palette;
}

/** Beside the bits of a byte: another state is looked for. */
export const DIMMED = 0x100;
export const FAINT = 0.16;
const [FAILED, LOST, CANCELLED] = [STATES.indexOf("failed"), STATES.indexOf("lost"), STATES.indexOf("cancelled")];
/** CSS pixels below which a sign in a cell would be a blot. */
const SIGN = 11;

export class Strips {
  readonly #kept = new Map<number, OffscreenCanvas>();

  constructor(readonly layout: Layout) {}

  /** Whether these strips are as they would be made for that layout. */
  fit({ edges, height, ratio, palette }: Layout): boolean {
    const mine = this.layout;
    if (height !== mine.height || ratio !== mine.ratio || palette !== mine.palette || edges.length !== mine.edges.length) return false;
    return edges.every((edge, at) => edge - edges[0]! === mine.edges[at]! - mine.edges[0]!);
  }

  /** The strip of cells that look so: a byte, and `DIMMED`. */
  of(look: number): OffscreenCanvas {
    let strip = this.#kept.get(look);
    if (!strip) this.#kept.set(look, (strip = drawn(look, this.layout)));
    return strip;
  }
}

/** Space between cells of so many device pixels. */
export function gap(size: number, ratio: number): number {
  return size >= 4 * ratio ? Math.max(1, Math.round(ratio)) : 0;
}

function drawn(look: number, { edges, height, ratio, palette }: Layout): OffscreenCanvas {
  const left = edges[0]!;
  const strip = new OffscreenCanvas(Math.max(1, edges.at(-1)! - left), height);
  const context = strip.getContext("2d")!;
  if (look & DIMMED) context.globalAlpha = FAINT;
  for (let column = 0; column + 1 < edges.length; column++) {
    const width = edges[column + 1]! - edges[column]!;
    cell(context, look, [edges[column]! - left, 0, width - gap(width, ratio), height - gap(height, ratio)], ratio, palette);
  }
  return strip;
}

function cell(
  context: OffscreenCanvasRenderingContext2D,
  look: number,
  [x, y, width, height]: [number, number, number, number],
  ratio: number,
  palette: Palette,
): void {
  const least = Math.min(width, height);
  context.fillStyle = palette.states[look & 0x0f]!;
  if (least >= 6 * ratio) {
    context.beginPath();
    context.roundRect(x, y, width, height, Math.min(3 * ratio, least / 4));
    context.fill();
  } else context.fillRect(x, y, width, height);
  if (look & (HELD | STOPPING)) outline(context, look & HELD ? palette.held : palette.danger, [x, y, width, height], ratio);
  if (least >= (SIGN - 1) * ratio) sign(context, look & 0x0f, [x + width / 2, y + height / 2], ratio, palette);
}

function outline(context: OffscreenCanvasRenderingContext2D, colour: string, box: [number, number, number, number], ratio: number): void {
  const [x, y, width, height] = box;
  const line = Math.max(1, Math.min(2 * ratio, Math.min(width, height) / 4));
  [context.strokeStyle, context.lineWidth] = [colour, line];
  context.strokeRect(x + line / 2, y + line / 2, width - line, height - line);
}

/** Colour is never the only sign: a cross failed, a question is lost, a dash was cancelled. */
function sign(context: OffscreenCanvasRenderingContext2D, state: number, [x, y]: [number, number], ratio: number, palette: Palette): void {
  const reach = 2.2 * ratio;
  [context.strokeStyle, context.lineWidth, context.lineCap] = [palette.card, 1.5 * ratio, "round"];
  context.beginPath();
  if (state === FAILED) {
    context.moveTo(x - reach, y - reach);
    context.lineTo(x + reach, y + reach);
    context.moveTo(x + reach, y - reach);
    context.lineTo(x - reach, y + reach);
  } else if (state === LOST) {
    context.arc(x, y - reach / 2, reach * 0.7, Math.PI, Math.PI * 2.5);
    context.lineTo(x, y + reach * 0.6);
    context.moveTo(x, y + reach * 1.4);
    context.lineTo(x, y + reach * 1.4);
  } else if (state === CANCELLED) {
    context.moveTo(x - reach, y);
    context.lineTo(x + reach, y);
  }
  context.stroke();
}
