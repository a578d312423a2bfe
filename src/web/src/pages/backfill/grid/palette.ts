/** Colours for a canvas: it knows no custom properties, so they are resolved anew whenever the theme changes. */
import { colour, STATES } from "../../../words/states";

const NAMES = ["card", "line", "line-strong", "text", "muted", "accent", "on-accent", "shade", "held", "danger", "ground"] as const;

export interface Palette extends Record<(typeof NAMES)[number], string> {
  /** By low four bits; beyond the states: what is not kept any more. */
  states: readonly string[];
  /** By low four bits, as a pixel of a picture is written. */
  pixels: Uint32Array;
  /** Families of fonts. */
  mono: string;
  sans: string;
}

/** As `probe`, an element of the page with our font of equal letters, would be coloured now. */
export function paletteOf(probe: HTMLElement): Palette {
  const resolved = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const named = Object.fromEntries(NAMES.map((name) => [name, resolved(`--${name}`)])) as Record<(typeof NAMES)[number], string>;
  const states = [...STATES.map((state) => resolved(colour(state))), ...Array<string>(16 - STATES.length).fill(named.line)];
  const mono = getComputedStyle(probe).fontFamily;
  return { ...named, states, pixels: Uint32Array.from(states, pixel), mono, sans: getComputedStyle(document.body).fontFamily };
}

/** Red is the first of a pixel's bytes, and all that run browsers begin with the least. */
function pixel(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
