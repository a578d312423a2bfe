/** Time from left to right, where hours in which nothing happens may be folded. */
import type { Span } from "./bars";

/** Pixels of what is folded. */
export const FOLD = 18;
/** What is shorter than this share of the whole, or than so many milliseconds, stays as it is. */
const [LEAST, SHORTEST] = [0.02, 600_000];

interface Stretch extends Span {
  left: number;
  width: number;
  folded: boolean;
}

/** A moment (milliseconds since 1970) has a place (pixels from the left), and each place its moment. */
export class Scale {
  readonly width: number;
  /** Of what is not folded. */
  readonly perPixel: number;
  readonly stretches: readonly Stretch[];

  /** The extent on so many pixels; `folds` are in order and lie inside of it. */
  constructor(
    readonly extent: Span,
    folds: readonly Span[],
    width: number,
  ) {
    this.width = Math.max(width, (folds.length + 1) * FOLD * 2);
    const folded = folds.reduce((sum, fold) => sum + fold.to - fold.from, 0);
    this.perPixel = Math.max(1, extent.to - extent.from - folded) / (this.width - folds.length * FOLD);
    this.stretches = this.#cut(folds);
  }

  x(moment: number): number {
    const { from, to, left, width } = this.#find((stretch) => stretch.to >= moment);
    return left + (width * (Math.min(Math.max(moment, from), to) - from)) / Math.max(1, to - from);
  }

  moment(x: number): number {
    const { from, to, left, width } = this.#find((stretch) => stretch.left + stretch.width >= x);
    return from + ((to - from) * (Math.min(Math.max(x, left), left + width) - left)) / Math.max(1, width);
  }

  folded(moment: number): boolean {
    const found = this.#find((stretch) => stretch.to > moment);
    return found.folded && found.from < moment;
  }

  #cut(folds: readonly Span[]): Stretch[] {
    const found: Stretch[] = [];
    const add = (from: number, to: number, folded: boolean): void => {
      const last = found.at(-1);
      found.push({ from, to, left: last ? last.left + last.width : 0, width: folded ? FOLD : (to - from) / this.perPixel, folded });
    };
    let from = this.extent.from;
    for (const fold of folds) {
      add(from, fold.from, false);
      add(fold.from, fold.to, true);
      from = fold.to;
    }
    add(from, this.extent.to, false);
    return found;
  }

  /** The first stretch that passes, as all behind it do; else the last. */
  #find(passes: (stretch: Stretch) => boolean): Stretch {
    let [low, high] = [0, this.stretches.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (passes(this.stretches[middle]!)) high = middle;
      else low = middle + 1;
    }
    return this.stretches[low]!;
  }
}

/** Spans in order, those that touch made one. */
export function merged(spans: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else found.push({ from, to });
  }
  return found;
}

/**
 * What can be folded: of each gap between `open` spans the longest stretch that has none of `moments` inside, where
 * that is long beside the whole.
 */
export function foldable(extent: Span, open: readonly Span[], moments: readonly number[]): Span[] {
  const sorted = moments.toSorted((a, b) => a - b);
  const least = Math.max(SHORTEST, (extent.to - extent.from) * LEAST);
  return gaps(extent, merged(open))
    .map((gap) => longest([gap.from, ...sorted.filter((moment) => moment > gap.from && moment < gap.to), gap.to]))
    .filter(({ from, to }) => to - from > least);
}

function gaps(extent: Span, open: readonly Span[]): Span[] {
  const edges = [extent.from, ...open.flatMap(({ from, to }) => [from, to]), extent.to];
  const pairs = Array.from({ length: edges.length / 2 }, (_, at) => ({ from: edges[2 * at]!, to: edges[2 * at + 1]! }));
  return pairs.map(({ from, to }) => ({ from: Math.max(from, extent.from), to: Math.min(to, extent.to) })).filter(({ from, to }) => to > from);
}

function longest(moments: readonly number[]): Span {
  let best = { from: 0, to: 0 };
  for (let at = 1; at < moments.length; at++) {
    if (moments[at]! - moments[at - 1]! > best.to - best.from) best = { from: moments[at - 1]!, to: moments[at]! };
  }
  return best;
}
