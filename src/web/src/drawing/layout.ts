/** Where the nodes of a graph are drawn: layers from left to right by longest path, in each an order with few crossings. */
import { linked, type Links, type Pair } from "./graph";

/** Pixels: of a node, and between nodes. */
export interface Measures {
  width: number;
  height: number;
  across: number;
  between: number;
}

export const MEASURES: Measures = { width: 176, height: 42, across: 64, between: 14 };
/** Pixels of a letter of a name, and between which its node grows with the longest of them; what is longer is squeezed. */
export const LETTER = 7.3;
const [NARROW, WIDE, BESIDE] = [150, 300, 24];
const SWEEPS = 8;
/** Nodes below each other that need no second column; how many are tried where there are more; how wide all should be for its height. */
const [TALL, TALLER, ASPECT] = [14, [14, 18, 24, 32, 48, 64, 96, 128, 192, 256], 3] as const;

/** Left upper corners of nodes by their place, and the size of it all, in pixels. */
export interface Layout {
  x: Float64Array;
  y: Float64Array;
  /** Nodes by column from left to right, in each from top to bottom. */
  columns: number[][];
  width: number;
  height: number;
  measures: Measures;
}

/** How wide nodes are in which each of these names has room. */
export function widthFor(names: readonly string[]): number {
  const longest = names.reduce((most, name) => Math.max(most, name.length), 0);
  return Math.round(Math.min(WIDE, Math.max(NARROW, longest * LETTER + BESIDE)));
}

/** Lays out `count` nodes; pairs that close a loop are drawn, but do not decide who stands where. */
export function laidOut(count: number, pairs: readonly Pair[], measures: Measures = MEASURES): Layout {
  const links = linked(count, pairs);
  return placed(count, folded(ordered(layered(count, links), links), measures), measures);
}

/** The layer of each node from 0: every pair leads to a later one, but for those that close a loop. */
export function layered(count: number, { up, down }: Links): number[] {
  const layer = new Array<number>(count).fill(0);
  const order = sorted(count, { up, down });
  const turn = new Uint32Array(count);
  order.forEach((node, at) => (turn[node] = at));
  for (const node of order) {
    for (const next of down[node]!) if (turn[next]! > turn[node]!) layer[next] = Math.max(layer[next]!, layer[node]! + 1);
  }
  for (let node = 0; node < count; node++) {
    const next = down[node]!;
    if (!up[node]!.length && next.length) layer[node] = Math.max(0, Math.min(...next.map((each) => layer[each]!)) - 1); // short edges
  }
  return layer;
}

/** Every node once, behind all that is upstream of it; a loop is entered at its first node. */
function sorted(count: number, { up, down }: Links): number[] {
  const open = up.map((above) => above.length);
  const found: number[] = [];
  const seen = new Uint8Array(count);
  const take = (node: number): void => {
    if (!seen[node]) found.push(node);
    seen[node] = 1;
  };
  for (let node = 0; node < count; node++) if (!open[node]) take(node);
  for (let at = 0, rest = 0; at < count; at++) {
    while (at === found.length) take(rest++);
    for (const next of down[found[at]!]!) if (!--open[next]!) take(next);
  }
  return found;
}

/** The nodes of each layer: by turns each is put at the middle of what it is linked to on one side. */
function ordered(layer: number[], { up, down }: Links): number[][] {
  const layers: number[][] = Array.from({ length: Math.max(-1, ...layer) + 1 }, () => []);
  layer.forEach((at, node) => layers[at]!.push(node));
  const place = new Float64Array(layer.length);
  layers.forEach((nodes) => number(nodes, place));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const rightwards = sweep % 2 === 0;
    for (const nodes of rightwards ? layers : layers.toReversed()) arrange(nodes, rightwards ? up : down, place);
  }
  return layers;
}

function arrange(nodes: number[], towards: number[][], place: Float64Array): void {
  const middle = new Map(nodes.map((node) => [node, middleOf(towards[node]!, place) ?? place[node]!]));
  nodes.sort((a, b) => middle.get(a)! - middle.get(b)! || place[a]! - place[b]!);
  number(nodes, place);
}

function middleOf(nodes: number[], place: Float64Array): number | undefined {
  return nodes.length ? nodes.reduce((sum, node) => sum + place[node]!, 0) / nodes.length : undefined;
}

/** Places are counted from the middle of a layer, as layers are drawn around one line. */
function number(nodes: number[], place: Float64Array): void {
  nodes.forEach((node, at) => (place[node] = at - (nodes.length - 1) / 2));
}

/** Columns of layers, of which tall ones are cut so that all of it can be seen as large as may be. */
function folded(layers: number[][], measures: Measures): number[][] {
  const tallest = Math.max(0, ...layers.map((nodes) => nodes.length));
  if (tallest <= TALL) return layers;
  const tried = [...TALLER.filter((tall) => tall < tallest), tallest].map((tall) => layers.flatMap((layer) => cut(layer, tall)));
  const costs = tried.map((columns) => Math.max(sizeOf(columns, measures).width / ASPECT, sizeOf(columns, measures).height));
  return tried[costs.indexOf(Math.min(...costs))]!;
}

/** A layer in as few columns of about the same length as `tall` allows. */
function cut(layer: number[], tall: number): number[][] {
  const each = Math.ceil(layer.length / Math.ceil(layer.length / tall));
  return Array.from({ length: Math.ceil(layer.length / each) }, (_, at) => layer.slice(at * each, (at + 1) * each));
}

function sizeOf(columns: number[][], { width, height, across, between }: Measures): { width: number; height: number } {
  const rows = Math.max(0, ...columns.map((nodes) => nodes.length));
  return { width: Math.max(0, columns.length * (width + across) - across), height: Math.max(0, rows * (height + between) - between) };
}

function placed(count: number, columns: number[][], measures: Measures): Layout {
  const [x, y] = [new Float64Array(count), new Float64Array(count)];
  const [step, pitch] = [measures.width + measures.across, measures.height + measures.between];
  const rows = Math.max(0, ...columns.map((nodes) => nodes.length));
  columns.forEach((nodes, column) =>
    nodes.forEach((node, row) => {
      x[node] = column * step;
      y[node] = (row + (rows - nodes.length) / 2) * pitch;
    }),
  );
  return { x, y, columns, ...sizeOf(columns, measures), measures };
}
