/** The output of an attempt as lines: the last of them, cut where they are long. */
import { pieces, plain, PLAIN, type Look, type Piece } from "./ansi";

/** Lines that are kept, and characters of each. */
export const MOST_LINES = 5000;
export const LONGEST = 4096;

export interface Line {
  /** Grows by one from line to line. */
  number: number;
  raw: string;
  /** How it looks at its beginning. */
  look: Look;
  /** Characters that were cut off. */
  cut: number;
}

export class Lines {
  /** Whole lines and the one that is being written. */
  readonly kept: Line[] = [];
  /** How many have gone at the top. */
  dropped = 0;
  #next = 0;
  #open = false;

  /** `within`: the first text begins in the middle of a line, which is left out. */
  constructor(private within = false) {}

  /** Text that follows. A carriage return begins the line anew, as it does in a terminal. */
  push(text: string): void {
    const parts = text.split("\n");
    parts.forEach((part, at) => {
      if (this.within) this.within = at === parts.length - 1;
      else if (part || at < parts.length - 1) this.#write(part, at === parts.length - 1);
    });
    const over = this.kept.length - MOST_LINES;
    if (over <= 0) return;
    this.kept.splice(0, over);
    this.dropped += over;
  }

  #write(part: string, open: boolean): void {
    const before = this.#open ? this.kept.pop() : undefined;
    const last = this.kept.at(-1);
    const line = before ?? { number: this.#next++, raw: "", look: last ? pieces(last.raw, last.look).after : PLAIN, cut: 0 };
    this.kept.push(joined(line, part, open));
    this.#open = open;
  }
}

function joined(line: Line, part: string, open: boolean): Line {
  const ended = part.endsWith("\r");
  const whole = ended ? part.slice(0, -1) : part;
  const from = whole.lastIndexOf("\r") + 1;
  const begun = line.raw.endsWith("\r") ? line.raw.slice(0, -1) : line.raw;
  const anew = from > 0 || (begun !== line.raw && whole !== "");
  const raw = anew ? whole.slice(from) : begun + whole;
  const cut = Math.max(0, raw.length - LONGEST);
  return { ...line, raw: raw.slice(0, LONGEST) + (ended && open ? "\r" : ""), cut: cut + (anew ? 0 : line.cut) };
}

/** How a line is shown. */
export function shown(line: Line): Piece[] {
  return pieces(line.raw, line.look).pieces;
}

/** The lines with a text in them, in either case. */
export function matching(lines: readonly Line[], text: string): readonly Line[] {
  const wanted = text.toLowerCase();
  return wanted ? lines.filter((line) => plain(line.raw).toLowerCase().includes(wanted)) : lines;
}

/** How many of these bytes are whole characters of UTF-8: of the last one some may still come. */
export function whole(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return back < lengthOf(byte) ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Of a character, by its first byte. */
function lengthOf(first: number): number {
  if (first >= 0xf0) return 4;
  return first >= 0xe0 ? 3 : 2;
}
