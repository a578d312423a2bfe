/** The clipboard of the browser. */
import { toasts } from "./toasts.svelte";

/** Copy a text, and say whether that went well: pages over plain HTTP from afar have no clipboard. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.say("Copied");
  } catch {
    toasts.say("The browser lets this page copy nothing: mark the text, and copy it by hand", "trouble");
  }
}
