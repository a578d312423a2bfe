/** All tasks by date in one strip: where the wave front is, and where failures sit. */
import { KINDS } from "../matrix.svelte";
import { ORDER, stacked } from "./stack";

const LEAST = 0.14;

export interface Strip {
  /** A picture of so many pixels, row after row. */
  pixels: Uint32Array;
  width: number;
  height: number;
  /** By kind, as a pixel is written. */
  colours: Uint32Array;
}

/** Paints a stack of shares on each column of pixels; `perDate` has counts by date and kind, `order` dates by calendar. */
export function overview({ pixels, width, height, colours }: Strip, perDate: Uint32Array, order: Uint32Array): void {
  const counts = new Uint32Array(KINDS);
  const tops = new Float64Array(ORDER.length);
  for (let x = 0; x < width; x++) {
    const from = Math.floor((x / width) * order.length);
    const to = Math.max(from + 1, Math.floor(((x + 1) / width) * order.length));
    stacked(counts, summed(counts, perDate, order.subarray(from, to)), height, Math.max(1, height * LEAST), tops);
    let at = 0;
    for (let y = 0; y < height; y++) {
      while (at < ORDER.length - 1 && y + 0.5 >= tops[at]!) at++;
      pixels[(height - 1 - y) * width + x] = colours[ORDER[at]!]!;
    }
  }
}

function summed(counts: Uint32Array, perDate: Uint32Array, dates: Uint32Array): number {
  counts.fill(0);
  let total = 0;
  for (const date of dates) {
    for (let kind = 0; kind < KINDS; kind++) {
      const found = perDate[date * KINDS + kind]!;
      counts[kind]! += found;
      total += found;
    }
  }
  return total;
}
