/** Keys of the page; they do nothing in fields, and nothing with Ctrl, Alt or Meta. */
type Handlers = Record<string, (event: KeyboardEvent) => void>;
const page: Handlers[] = [];
const above: Handlers[] = [];

/** Is text being written? */
export function writing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Answer to keys (`KeyboardEvent.key`) until the answer is called; who came last goes first. */
export function onKeys(handlers: Handlers, on: Handlers[] = page): () => void {
  on.push(handlers);
  return () => void on.splice(on.indexOf(handlers), 1);
}

/** The same for what lies above the page, whose own keys come after it, whichever was there first. */
export function onKeysAbove(handlers: Handlers): () => void {
  return onKeys(handlers, above);
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (writing(event.target) && event.key !== "Escape") return;
  if (document.querySelector("dialog[open]")) return; // it has its own
  const found = [...page, ...above].findLast((handlers) => event.key in handlers);
  found?.[event.key]?.(event);
});
