/** The plan and the forecast of what the form says, some time after the last key; answers to older questions are dropped. */
import { Problem, send, type Fault } from "../../core/ask";
import { Loaded } from "../../core/loaded.svelte";
import { toRun, type Forecast, type Plan } from "./plan";

/** Milliseconds of peace before the daemon is asked. */
export const PEACE = 250;
/** A forecast of more instances keeps the daemon busy for long: it is made when somebody asks for it. */
const READILY = 100_000;
/** Milliseconds until a daemon that makes other forecasts is asked again. */
const BUSY = 5000;

export class Preview {
  readonly plan = new Loaded<Plan>((signal) => this.#ask<Plan>("/plans", { grid: true }, signal));
  readonly forecast = new Loaded<Forecast>((signal) => this.#ask<Forecast>("/forecasts", {}, signal));
  /** The request that `plan` is of, as text. */
  shown = $state("");
  /** The request that is wanted, as text; "": none, as there is too little of it. */
  wanted = $state("");
  /** There is no forecast as nobody has asked for it. */
  unasked = $state(false);
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
    else this.stop();
  }

  /** Ask now; for a forecast only once there is a plan, as it costs more. */
  async load(): Promise<void> {
    const body = this.wanted;
    this.#unforesee();
    await this.plan.load();
    if (body !== this.wanted || this.plan.problem) return;
    this.shown = body;
    this.unasked = toRun(this.plan.data!) > READILY;
    if (this.unasked) [this.forecast.data, this.forecast.problem, this.forecast.loading] = [undefined, undefined, false];
    else void this.foresee();
  }

  /** Ask when it would be done, until there is an answer. */
  async foresee(): Promise<void> {
    clearTimeout(this.#again);
    this.unasked = false;
    await this.forecast.load();
    if (this.forecast.problem?.status === 503) this.#again = setTimeout(() => void this.foresee(), BUSY);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.plan.stop();
    this.#unforesee();
  }

  #unforesee(): void {
    clearTimeout(this.#again);
    this.forecast.stop();
  }

  async #ask<T>(path: string, query: Record<string, boolean>, signal: AbortSignal): Promise<T> {
    if (!this.wanted) throw new Problem(0, "nothing", "Nothing is asked for.");
    return await send<T>("POST", path, JSON.parse(this.wanted), { query, signal });
  }
}
