/** The words at the lines of now and of the expected end, beside each other also where the lines are near. */
import { clock } from "../../../words/time";

export interface Mark {
  /** Milliseconds since 1970. */
  at: number;
  kind: "now" | "end";
  text: string;
}

export interface Word extends Mark {
  /** Pixels from the left of the scale: where it begins, or ends if it stands `before` its line. */
  left: number;
  before: boolean;
}

/** Ends that are nearer than this share a word. */
const NEAR = 44;
/** Pixels of a character, and around a word: bold digits of any system's font. */
const [LETTER, AROUND] = [8, 8];

/** The lines, by `x` from moments to pixels; those of ends that are near have one word at the first. */
export function marksOf(now: number | null, ends: { half: number; most: number } | undefined, x: (at: number) => number): Mark[] {
  const found: Mark[] = now === null ? [] : [{ at: now, kind: "now", text: `now ${clock(new Date(now))}` }];
  if (!ends) return found;
  const near = x(ends.most) - x(ends.half) < NEAR;
  found.push({ at: ends.half, kind: "end", text: near ? "50–90 %" : "50 %" });
  if (ends.most > ends.half) found.push({ at: ends.most, kind: "end", text: near ? "" : "90 %" });
  return found;
}

/** Each word behind its line, or behind the word that is there; the first before its line where that spares the push. */
export function wordsOf(marks: readonly Mark[], x: (at: number) => number): Word[] {
  const sorted = marks.filter(({ text }) => text).sort((a, b) => a.at - b.at);
  let free = 0;
  return sorted.map((mark, n) => {
    const next = sorted[n + 1];
    const [line, width] = [x(mark.at), widthOf(mark.text)];
    if (n === 0 && next && line + width > x(next.at) && line >= width) return { ...mark, left: line, before: true };
    const left = Math.max(line, free);
    free = left + width;
    return { ...mark, left, before: false };
  });
}

/** Pixels that a word takes at most. */
export function widthOf(text: string): number {
  return AROUND + LETTER * text.length;
}
