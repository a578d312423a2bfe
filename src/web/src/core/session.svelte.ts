/** Who looks: what the token behind the cookie may do. */
import { address, href } from "./address.svelte";
import { get, send, type Problem } from "./ask";

export type Scope = "read" | "run" | "operate" | "admin";
const ORDER: Scope[] = ["read", "run", "operate", "admin"];

export interface Session {
  name: string;
  scope: Scope;
  projects: number[] | null;
  expires_at: string | null;
}

class Me {
  session = $state.raw<Session | undefined>();
  /** All tabs of a browser have one cookie: who leaves in one has left in all. */
  readonly #left = new BroadcastChannel(`backfilld session ${href("/")}`);

  constructor() {
    this.#left.addEventListener("message", () => this.#leave());
  }

  may(scope: Scope): boolean {
    return this.session !== undefined && ORDER.indexOf(this.session.scope) >= ORDER.indexOf(scope);
  }

  /** Why a button is disabled, undefined when it is not. */
  lacks(scope: Scope): string | undefined {
    return this.may(scope) ? undefined : `This needs a token with the scope ${scope}`;
  }

  async ask(): Promise<void> {
    try {
      this.session = await get<Session>("/session");
    } catch (error) {
      if ((error as Problem).status === 401) this.session = undefined;
    }
  }

  async login(token: string): Promise<void> {
    await send("POST", "/session", { token });
    await this.ask();
  }

  async logout(): Promise<void> {
    await send("DELETE", "/session");
    this.#left.postMessage("left");
    this.#leave();
  }

  /** Shows the login: what was looked at, and its part of the stream, is no more. */
  #leave(): void {
    this.session = undefined;
    if (address.parts[0] !== "login") address.go("/login", { replace: true });
  }
}

export const me = new Me();
