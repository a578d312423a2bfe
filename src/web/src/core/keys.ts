/** Keys of the page; they do nothing in fields, and nothing with Ctrl, Alt or Meta. */
type Handlers = Record<string, (event: KeyboardEvent) => void>;
const open: Handlers[] = [];

/** Is text being written? */
export function writing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Answer to keys (`KeyboardEvent.key`) until the answer is called; who came last goes first. */
export function onKeys(handlers: Handlers): () => void {
  open.push(handlers);
  return () => void open.splice(open.indexOf(handlers), 1);
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (writing(event.target) && event.key !== "Escape") return;
  if (document.querySelector("dialog[open]")) return; // it has its own
  const found = open.findLast((handlers) => event.key in handlers)?.[event.key];
  if (!found) return;
  found(event);
});
