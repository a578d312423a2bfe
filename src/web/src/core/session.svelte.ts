/** Who looks: what the token behind the cookie may do. */
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
    this.session = undefined;
  }
}

export const me = new Me();
