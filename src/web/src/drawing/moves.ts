/** Where arrows lead in a graph. */
import type { Links } from "./graph";
import type { Layout } from "./layout";

/** The node that a key goes to from another; itself where there is none, undefined where the key does not move. */
export function moved(key: string, from: number, layout: Layout, links: Links): number | undefined {
  const column = layout.columns.find((nodes) => nodes.includes(from)) ?? [];
  switch (key) {
    case "ArrowLeft":
      return nearest(links.up[from]!, from, layout);
    case "ArrowRight":
      return nearest(links.down[from]!, from, layout);
    case "ArrowUp":
      return column[column.indexOf(from) - 1] ?? from;
    case "ArrowDown":
      return column[column.indexOf(from) + 1] ?? from;
    case "Home":
      return layout.columns[0]?.[0];
    case "End":
      return layout.columns.at(-1)?.[0];
    default:
      return undefined;
  }
}

/** Of these the one that is drawn most nearly on the same height. */
function nearest(among: readonly number[], from: number, { y }: Layout): number {
  const away = (node: number): number => Math.abs(y[node]! - y[from]!);
  return among.filter((node) => node !== from).sort((a, b) => away(a) - away(b))[0] ?? from;
}
