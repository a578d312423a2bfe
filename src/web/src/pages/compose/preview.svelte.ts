/** The plan and the forecast of what the form says, some time after the last key; answers to older questions are dropped. */
import { send, type Fault } from "../../core/ask";
import { Loaded } from "../../core/loaded.svelte";
import { toRun, type Forecast, type Plan } from "./plan";

/** Milliseconds of peace before the daemon is asked. */
export const PEACE = 250;
/** A forecast of more instances keeps the daemon busy for long: it is made when somebody asks for it. */
const READILY = 100_000;
/** Milliseconds until a daemon that makes other forecasts is asked again. */
const BUSY = 5000;

export class Preview {
  readonly plan = new Loaded<Plan>((signal) => ask<Plan>("/plans", this.wanted, { grid: true }, signal));
  readonly forecast = new Loaded<Forecast>((signal) => ask<Forecast>("/forecasts", this.shown, {}, signal));
  /** The request that `plan` is of, as text. */
  shown = $state("");
  /** The request that is wanted, as text; "": none, as there is too little of it. */
  wanted = $state("");
  /** There is no forecast as nobody has asked for it. */
  unasked = $state(false);
  /** The request that the forecast is of, as text. */
  foretold = $state("");
  #foreseeing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  /** Whether the plan is of what the form says now, and the daemon would take it. */
  get current(): boolean {
    return this.wanted !== "" && this.shown === this.wanted && !this.plan.problem && !this.plan.loading;
  }

  /** What the daemon refused, by field. */
  get faults(): Fault[] {
    return this.plan.problem?.faults ?? [];
  }

  /** The form says this now; "" where there is too little to ask for. */
  want(body: string): void {
    clearTimeout(this.#timer);
    this.wanted = body;
    if (body) this.#timer = setTimeout(() => void this.load(), PEACE);
    else this.#stop();
  }

  /** Ask now; for a forecast only once there is a plan, as it costs more. */
  async load(): Promise<void> {
    const body = this.wanted;
    clearTimeout(this.#again);
    await this.plan.load();
    if (body !== this.wanted || this.plan.problem) return;
    this.shown = body;
    this.unasked = toRun(this.plan.data!) > READILY;
    if (!this.unasked) void this.foresee();
  }

  /** Ask when it would be done; one at a time, as the daemon makes each to its end: then what is shown by then. */
  async foresee(): Promise<void> {
    clearTimeout(this.#again);
    this.unasked = false;
    if (this.#foreseeing) return;
    this.#foreseeing = true;
    let of = "";
    while (of !== this.shown && !this.unasked && this.wanted) {
      of = this.shown;
      await this.forecast.load();
    }
    [this.foretold, this.#foreseeing] = [of, false];
    if (this.forecast.problem?.status === 503 && this.wanted) this.#again = setTimeout(() => void this.foresee(), BUSY);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#again);
    this.plan.stop();
    this.forecast.stop();
  }
}

async function ask<T>(path: string, body: string, query: Record<string, boolean>, signal: AbortSignal): Promise<T> {
  return await send<T>("POST", path, JSON.parse(body), { query, signal });
}
