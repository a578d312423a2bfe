/** Requests kept in this browser, by name: the daemon knows nothing of them. */
const PLACE = "backfilld.drafts";

type Kept = Record<string, { request: Record<string, unknown>; at: string }>;

class Drafts {
  kept = $state.raw<Kept>(stored());

  keep(name: string, request: Record<string, unknown>): void {
    this.#put({ ...this.kept, [name]: { request, at: new Date().toISOString() } });
  }

  drop(name: string): void {
    const { [name]: _, ...rest } = this.kept;
    this.#put(rest);
  }

  #put(kept: Kept): void {
    localStorage.setItem(PLACE, JSON.stringify(kept));
    this.kept = kept;
  }
}

function stored(): Kept {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(PLACE) ?? "{}");
    return typeof found === "object" && found !== null ? (found as Kept) : {};
  } catch {
    return {}; // not ours any more
  }
}

export const drafts = new Drafts();
