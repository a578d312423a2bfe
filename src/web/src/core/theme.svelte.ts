/** Light, dark, or as the system is. */
export type Theme = "auto" | "light" | "dark";

const KEY = "backfilld.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

class Look {
  theme = $state<Theme>((localStorage.getItem(KEY) as Theme | null) ?? "auto");
  #system = $state(dark.matches);
  readonly dark = $derived(this.theme === "auto" ? this.#system : this.theme === "dark");

  constructor() {
    dark.addEventListener("change", (event) => (this.#system = event.matches));
    this.#show();
  }

  set(theme: Theme): void {
    this.theme = theme;
    localStorage.setItem(KEY, theme);
    this.#show();
  }

  #show(): void {
    document.documentElement.style.colorScheme = this.theme === "auto" ? "light dark" : this.theme;
  }
}

export const look = new Look();
