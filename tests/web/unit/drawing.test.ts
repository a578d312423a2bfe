import assert from "node:assert/strict";
import { test } from "node:test";

import { linked, trace, type Pair } from "../../../src/web/src/drawing/graph";
import { laidOut, layered, type Layout } from "../../../src/web/src/drawing/layout";
import { moved } from "../../../src/web/src/drawing/moves";
import { fitted, showing, zoomed } from "../../../src/web/src/drawing/view";
import { draws } from "./draws";

/** Graphs of all sizes and shapes, each pair from a smaller to a larger node. */
function graphs(): [count: number, pairs: Pair[]][] {
  const draw = draws(11);
  return Array.from({ length: 60 }, () => {
    const count = draw(80);
    const pairs = Array.from({ length: count > 1 ? draw(3 * count) : 0 }, (): Pair => {
      const up = draw(count - 1);
      return [up, up + 1 + draw(count - 1 - up)];
    });
    return [count, pairs];
  });
}

function columnOf({ columns }: Layout): Map<number, number> {
  return new Map(columns.flatMap((nodes, column) => nodes.map((node) => [node, column] as const)));
}

test("What is downstream stands further right, and every node stands once, on none of the others", () => {
  for (const [count, pairs] of graphs()) {
    const layout = laidOut(count, pairs);
    assert.deepEqual(layout.columns.flat().sort((a, b) => a - b), Array.from({ length: count }, (_, node) => node));
    for (const [up, down] of pairs) assert.ok(layout.x[up]! + layout.measures.width < layout.x[down]!);
    assert.equal(new Set(layout.columns.flat().map((node) => `${layout.x[node]} ${layout.y[node]}`)).size, count);
  }
});

test("A graph is drawn within the size that it says", () => {
  for (const [count, pairs] of graphs()) {
    const { x, y, width, height, measures } = laidOut(count, pairs);
    for (let node = 0; node < count; node++) {
      assert.ok(x[node]! >= 0 && x[node]! + measures.width <= width && y[node]! >= 0 && y[node]! + measures.height <= height);
    }
  }
});

test("The same graph is drawn in the same way", () => {
  for (const [count, pairs] of graphs()) assert.deepEqual(laidOut(count, pairs), laidOut(count, pairs));
});

test("A loop is drawn too: only what closes it leads back", () => {
  const pairs: Pair[] = [[0, 1], [1, 2], [2, 1], [2, 3], [3, 3]];
  const column = columnOf(laidOut(4, pairs));
  assert.deepEqual([0, 1, 2, 3].map((node) => column.get(node)), [0, 1, 2, 3]);
});

test("What waits for nothing stands right before the first that waits for it", () => {
  assert.deepEqual(layered(4, linked(4, [[0, 1], [1, 2], [3, 2]])), [0, 1, 2, 1]);
});

test("Two ladders whose rungs are mixed are drawn without a crossing", () => {
  const { y } = laidOut(6, [[0, 3], [1, 2], [2, 4], [3, 5]]);
  assert.equal(Math.sign(y[0]! - y[1]!), Math.sign(y[3]! - y[2]!));
  assert.equal(Math.sign(y[2]! - y[3]!), Math.sign(y[4]! - y[5]!));
});

test("A layer with very many nodes takes several columns, none much longer than the next", () => {
  const { columns } = laidOut(300, []);
  assert.ok(columns.length > 1);
  assert.ok(Math.max(...columns.map((nodes) => nodes.length)) <= 32);
  assert.ok(columns[0]!.length - columns.at(-1)!.length < columns.length);
});

test("A trace goes all the way up and down, and nowhere else", () => {
  const { above, below } = trace(linked(6, [[0, 2], [1, 2], [2, 3], [1, 4]]), 2);
  assert.deepEqual([[...above].sort(), [...below].sort()], [[0, 1, 2], [2, 3]]);
});

test("Zooming leaves what is under the pointer where it is", () => {
  const draw = draws(5);
  for (let n = 0; n < 200; n++) {
    const view = { x: draw(400) - 200, y: draw(400) - 200, k: 0.1 + draw(20) / 10 };
    const [atX, atY] = [draw(1000), draw(600)];
    const next = zoomed(view, 0.5 + draw(20) / 10, atX, atY);
    assert.ok(Math.abs((atX - view.x) / view.k - (atX - next.x) / next.k) < 1e-6);
    assert.ok(Math.abs((atY - view.y) / view.k - (atY - next.y) / next.k) < 1e-6);
  }
});

test("What is fitted lies within its frame, and is drawn no larger than it is", () => {
  const frame = { width: 800, height: 500 };
  for (const drawing of [{ width: 100, height: 40 }, { width: 8000, height: 90 }, { width: 500, height: 4000 }]) {
    const { x, y, k } = fitted(drawing, frame);
    assert.ok(k <= 1 && x >= 0 && y >= 0 && x + drawing.width * k <= frame.width && y + drawing.height * k <= frame.height);
  }
});

test("A node that is looked for is brought into the frame; one that is seen stays", () => {
  const frame = { width: 800, height: 500 };
  const view = { x: 0, y: 0, k: 1 };
  assert.deepEqual(showing(view, { x: 100, y: 100, width: 176, height: 42 }, frame), view);
  const { x, y } = showing(view, { x: 3000, y: -900, width: 176, height: 42 }, frame);
  assert.ok(3000 + x >= 0 && 3176 + x <= frame.width && -900 + y >= 0 && -858 + y <= frame.height);
});

test("Arrows go to a neighbour, or stay where there is none; every node is reached by them", () => {
  const pairs: Pair[] = [[0, 2], [1, 2], [2, 3], [2, 4]];
  const [layout, links] = [laidOut(5, pairs), linked(5, pairs)];
  assert.equal(moved("ArrowRight", 0, layout, links), 2);
  assert.equal(moved("ArrowLeft", 0, layout, links), 0);
  assert.equal(moved("ArrowRight", 4, layout, links), 4);
  assert.deepEqual(["ArrowUp", "ArrowDown"].map((key) => moved(key, layout.columns[0]![0]!, layout, links)), [layout.columns[0]![0], layout.columns[0]![1]]);
  assert.equal(moved("End", 0, layout, links), layout.columns[2]![0]);
  assert.equal(moved("x", 0, layout, links), undefined);
});
