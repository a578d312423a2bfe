/** The address of the page: all that is looked at is in it. */

const base = new URL(document.baseURI).pathname.replace(/[^/]*$/, "");

class Address {
  #url = $state.raw(new URL(location.href));

  /** What stands between the slashes: `/backfills/7/grid` is `["backfills", "7", "grid"]`. */
  readonly parts = $derived(this.#url.pathname.slice(base.length).split("/").filter(Boolean).map(decoded));
  readonly query = $derived(this.#url.searchParams);
  /** Path and query below the base, as `go` takes it. */
  readonly here = $derived(`/${this.#url.pathname.slice(base.length)}${this.#url.search}`);

  constructor() {
    addEventListener("popstate", () => (this.#url = new URL(location.href)));
    document.addEventListener("click", (event) => this.#follow(event));
  }

  /** Look elsewhere: `to` is a path such as `/backfills/7/grid?unit=month`. */
  go(to: string, { replace = false } = {}): void {
    const url = new URL(href(to), location.href);
    if (url.href === this.#url.href) return;
    history[replace ? "replaceState" : "pushState"](null, "", url);
    this.#url = url;
  }

  /** Change what the query says; null and "" take a name out. No new entry in the history unless asked for. */
  set(changes: Record<string, string | number | boolean | null | undefined>, { push = false } = {}): void {
    const query = new URLSearchParams(this.query);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === undefined || value === "" || value === false) query.delete(name);
      else query.set(name, value === true ? "1" : String(value));
    }
    const text = query.toString();
    this.go(`/${this.#url.pathname.slice(base.length)}${text ? `?${text}` : ""}`, { replace: !push });
  }

  #follow(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href, location.href);
    if (url.origin !== location.origin || !url.pathname.startsWith(base) || url.pathname.startsWith(`${base}v1/`)) return;
    if (url.pathname === `${base}docs` || (url.hash && url.pathname === location.pathname)) return;
    event.preventDefault();
    this.go(`/${url.pathname.slice(base.length)}${url.search}`);
    scrollTo(0, 0);
  }
}

/** A part as it was meant; one that cannot be read names nothing that there is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const address = new Address();

/** What a link says for a path below the base. */
export function href(path: string): string {
  return base + path.replace(/^\//, "");
}
