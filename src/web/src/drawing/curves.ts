/** Edges as paths of SVG. */
import type { Layout } from "./layout";

const round = Math.round;

/** From the right of what is upstream to the left of what is downstream; below both where that lies further left. */
export function curve({ x, y, measures: { width, height, across } }: Layout, up: number, down: number): string {
  const [fromX, fromY, toX, toY] = [x[up]! + width, y[up]! + height / 2, x[down]!, y[down]! + height / 2];
  if (up === down) return loop(x[up]! + width - 30, y[up]!);
  if (toX > fromX) {
    const bend = Math.min((toX - fromX) / 2, across);
    return `M${round(fromX)} ${round(fromY)}C${round(fromX + bend)} ${round(fromY)} ${round(toX - bend)} ${round(toY)} ${round(toX)} ${round(toY)}`;
  }
  return below(fromX - width / 2, y[up]! + height, toX + width / 2, y[down]! + height);
}

/** From the bottom of one to the bottom of the other. */
function below(fromX: number, fromY: number, toX: number, toY: number): string {
  const deep = Math.max(fromY, toY) + 36;
  return `M${round(fromX)} ${round(fromY)}C${round(fromX)} ${round(deep)} ${round(toX)} ${round(deep)} ${round(toX)} ${round(toY)}`;
}

/** Above a node that waits for itself. */
function loop(x: number, y: number): string {
  return `M${round(x)} ${round(y)}c-4 -16 24 -16 20 0`;
}
