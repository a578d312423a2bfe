/** What of a drawing is seen: `k` times as large, moved by `x` and `y` pixels. */
export interface View {
  x: number;
  y: number;
  k: number;
}

interface Size {
  width: number;
  height: number;
}

const [SMALLEST, LARGEST, MARGIN] = [0.04, 2.5, 24];

/** All of it in the middle of the frame, no larger than it is. */
export function fitted(drawing: Size, frame: Size): View {
  const across = (frame.width - 2 * MARGIN) / Math.max(1, drawing.width);
  const down = (frame.height - 2 * MARGIN) / Math.max(1, drawing.height);
  const k = bounded(Math.min(1, across, down));
  return { k, x: (frame.width - drawing.width * k) / 2, y: (frame.height - drawing.height * k) / 2 };
}

/** `factor` times as large, with what is at a point of the frame staying there. */
export function zoomed(view: View, factor: number, atX: number, atY: number): View {
  const k = bounded(view.k * factor);
  return { k, x: atX - (atX - view.x) * (k / view.k), y: atY - (atY - view.y) * (k / view.k) };
}

/** Moved no further than it takes to have a box of the drawing in the frame. */
export function showing(view: View, box: Size & { x: number; y: number }, frame: Size): View {
  return {
    k: view.k,
    x: view.x + into(view.x + box.x * view.k, box.width * view.k, frame.width),
    y: view.y + into(view.y + box.y * view.k, box.height * view.k, frame.height),
  };
}

function into(from: number, length: number, frame: number): number {
  if (from < MARGIN) return MARGIN - from;
  return Math.min(0, frame - MARGIN - from - length);
}

function bounded(k: number): number {
  return Math.min(LARGEST, Math.max(SMALLEST, k));
}
