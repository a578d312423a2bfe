/** Short words on what was done. */
export interface Toast {
  id: number;
  text: string;
  kind: "done" | "trouble" | "going";
  undo?: () => void;
}

class Toasts {
  shown = $state<Toast[]>([]);
  #next = 1;

  /** Shown for some seconds; what goes on is shown until `settle`. */
  say(text: string, kind: Toast["kind"] = "done", undo?: () => void): number {
    const id = this.#next++;
    this.shown.push({ id, text, kind, ...(undo && { undo }) });
    if (kind !== "going") setTimeout(() => this.drop(id), undo ? 12_000 : 6_000);
    return id;
  }

  /** Other words for what went on, which is over. */
  settle(id: number, text: string, kind: "done" | "trouble" = "done", undo?: () => void): void {
    this.drop(id);
    this.say(text, kind, undo);
  }

  /** Other words for what still goes on. */
  update(id: number, text: string): void {
    const toast = this.shown.find((each) => each.id === id);
    if (toast) toast.text = text;
  }

  drop(id: number): void {
    this.shown = this.shown.filter((each) => each.id !== id);
  }
}

export const toasts = new Toasts();
