/** What keys do while the grid has the focus. */
import { moved } from "./selection";
import type { View } from "./view.svelte";

/** Answers whether the key was one of ours; `open` shows what the cursor is on. */
export function pressed(view: View, event: KeyboardEvent, open: () => void): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const at = view.at ?? { row: 0, column: view.firstColumn };
  const to = moved(at, event.key, { rows: view.rows.length, columns: view.columns.length, page: view.page });
  if (to) view.move(to, event.shiftKey ? at : undefined);
  else if (event.key === "Enter") open();
  else if (event.key === " ") view.rows[at.row]?.group && view.toggle(view.rows[at.row]!.key);
  else if (event.key === "+" || event.key === "=") view.taller(2);
  else if (event.key === "-") view.taller(-2);
  else return false;
  return true;
}
