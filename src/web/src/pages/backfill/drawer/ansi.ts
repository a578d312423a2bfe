/** Colours that a task writes: SGR sequences become styles; all other sequences and control characters are left out. */

/** How text looks; colours by their number, 0 to 15 (dark ones first), as the sixteen of a terminal. */
export interface Look {
  colour?: number;
  ground?: number;
  bold?: boolean;
  faint?: boolean;
  italic?: boolean;
  underline?: boolean;
}

export interface Piece {
  text: string;
  look: Look;
}

export const PLAIN: Look = {};
// CSI; OSC and its kin up to their end (or that of the text); escapes of two characters; what is left of them
const SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)|[ -/]+[0-~]|[0-Z\\^-~]|\[?[0-?]*[ -/]*$)/g;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A line in pieces of one look each, and the look that the next line begins with. */
export function pieces(line: string, before: Look = PLAIN): { pieces: Piece[]; after: Look } {
  const found: Piece[] = [];
  let [look, at] = [before, 0];
  for (const match of line.matchAll(SEQUENCE)) {
    push(found, line.slice(at, match.index), look);
    if (/^\u001b\[[\d;]*m$/.test(match[0])) look = styled(look, match[0].slice(2, -1));
    at = match.index + match[0].length;
  }
  push(found, line.slice(at), look);
  return { pieces: found, after: look };
}

/** What of a line can be read and searched. */
export function plain(line: string): string {
  return line.replace(SEQUENCE, "").replace(CONTROL, "");
}

function push(found: Piece[], raw: string, look: Look): void {
  const text = raw.replace(CONTROL, "");
  if (text) found.push({ text, look });
}

/** A look after the parameters of one SGR sequence; unknown ones change nothing. */
export function styled(before: Look, parameters: string): Look {
  const codes = parameters.split(";").map(Number);
  let look = before;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    if (code === 38 || code === 48) {
      const [colour, used] = extended(codes, at);
      if (colour !== undefined) look = { ...look, [code === 38 ? "colour" : "ground"]: colour };
      at += used;
    } else look = one(look, code);
  }
  return look;
}

function one(look: Look, code: number): Look {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, faint: true };
  if (code === 3) return { ...look, italic: true };
  if (code === 4) return { ...look, underline: true };
  if (code === 22) return without(look, "bold", "faint");
  if (code === 23) return without(look, "italic");
  if (code === 24) return without(look, "underline");
  if (code === 39) return without(look, "colour");
  if (code === 49) return without(look, "ground");
  if (code >= 30 && code <= 37) return { ...look, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...look, colour: code - 82 };
  if (code >= 40 && code <= 47) return { ...look, ground: code - 40 };
  if (code >= 100 && code <= 107) return { ...look, ground: code - 92 };
  return look;
}

function without(look: Look, ...names: (keyof Look)[]): Look {
  return Object.fromEntries(Object.entries(look).filter(([name]) => !names.includes(name as keyof Look)));
}

/** `38;5;n` and `38;2;r;g;b`, as the nearest of the sixteen, and how many parameters that took. */
function extended(codes: number[], at: number): [number | undefined, number] {
  if (codes[at + 1] === 5) return [of256(codes[at + 2] ?? 7), 2];
  if (codes[at + 1] === 2) return [nearest(codes.slice(at + 2, at + 5)), 4];
  return [undefined, codes.length];
}

function of256(number: number): number {
  if (number < 16) return number;
  if (number >= 232) return nearest(Array<number>(3).fill(8 + (number - 232) * 10));
  const cube = number - 16;
  return nearest([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) => step * 51));
}

/** By which of the three are strong, and how strong: a theme decides what the sixteen look like. */
function nearest(rgb: number[]): number {
  const strongest = Math.max(...rgb);
  if (strongest < 48) return 0;
  const bits = rgb.reduce((sum, part, bit) => sum + (part > strongest * 0.6 ? 1 << bit : 0), 0);
  if (bits === 7 && strongest < 160) return 8;
  return bits + (strongest > 192 ? 8 : 0);
}
