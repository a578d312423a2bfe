/** What is wrong with a request, at the fields that it is about. */
import { getContext, setContext } from "svelte";

import type { Fault } from "../core/ask";

export class Faults {
  /** Paths that a field on the page stands for. */
  readonly #fields = new Set<string>();

  constructor(private readonly all: () => Fault[]) {}

  get any(): boolean {
    return this.all().length > 0;
  }

  /** What is wrong at a path, or inside of it. */
  at(path: string): Fault[] {
    return this.all().filter((fault) => within(fault.path, path));
  }

  /** What no field on the page stands for. */
  get rest(): Fault[] {
    return this.all().filter((fault) => ![...this.#fields].some((path) => within(fault.path, path)));
  }

  /** A field for this path is on the page, until the answer is called. */
  claim(path: string): () => void {
    this.#fields.add(path);
    return () => void this.#fields.delete(path);
  }
}

/** `periods.biz_dates[0].start_biz_date` is within `periods.biz_dates`. */
export function within(path: string, field: string): boolean {
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);
}

/** What was given, where it can be said in short, and what is allowed. */
export function faultText({ given, allowed }: Fault): string {
  const text = typeof given === "string" ? given : JSON.stringify(given);
  return text && text.length < 60 ? `${text}: ${allowed} is allowed` : `Allowed: ${allowed}`;
}

const KEY = Symbol("faults");

export function finding(faults: Faults): Faults {
  return setContext(KEY, faults);
}

export function faults(): Faults {
  return getContext<Faults>(KEY);
}
