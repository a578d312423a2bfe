/** Asking the daemon: JSON in, JSON out, and what it refuses as a `Problem`. */
import { address, href } from "./address.svelte";

export interface Fault {
  path: string;
  given: unknown;
  allowed: string;
}

/** What the daemon answers instead (RFC 9457); `status` 0: it could not be reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly faults: Fault[] = [],
    readonly body: Record<string, unknown> = {},
  ) {
    super(detail);
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

interface Options {
  query?: Query;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** Where something of `/v1` is: `at("/backfills", { limit: 20 })`. */
export function at(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return href(`/v1${path}${text ? `?${text}` : ""}`);
}

/** The answer as JSON; throws `Problem`. */
export async function get<T>(path: string, options: Options = {}): Promise<T> {
  const response = await fetched("GET", path, undefined, options);
  return (await response.json()) as T;
}

/** Ask for a change; throws `Problem`. An answer without a body is null. */
export async function send<T>(method: "POST" | "PATCH" | "DELETE" | "PUT", path: string, body?: unknown, options: Options = {}): Promise<T> {
  const response = await fetched(method, path, body, options);
  return (response.status === 204 ? null : await response.json()) as T;
}

/** The answer itself, for what is no JSON; throws `Problem`. */
export async function fetched(method: string, path: string, body: unknown, { query, signal, headers }: Options = {}): Promise<Response> {
  const init: RequestInit = {
    method,
    credentials: "same-origin",
    headers: { Accept: "application/json, */*;q=0.5", "X-Backfill-Page": "1", ...headers },
    ...(signal && { signal }),
  };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...init.headers, "Content-Type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(at(path, query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "unreachable", "The daemon does not answer.");
  }
  if (response.ok || response.status === 304) return response;
  throw await problemOf(response);
}

async function problemOf(response: Response): Promise<Problem> {
  let told: Record<string, unknown> = {};
  try {
    told = (await response.json()) as Record<string, unknown>;
  } catch {
    // not from the daemon, or cut off: the status says enough
  }
  if (response.status === 401 && address.parts[0] !== "login") address.go(`/login?next=${encodeURIComponent(address.here)}`, { replace: true });
  const code = String(told.code ?? told.type ?? response.status);
  const detail = String(told.detail ?? told.title ?? `The daemon answered ${response.status}.`);
  return new Problem(response.status, code, detail, (told.errors ?? told.faults ?? []) as Fault[], told);
}
