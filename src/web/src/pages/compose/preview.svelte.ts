/** The plan and the forecast of what the form says, some time after the last key; answers to older questions are dropped. */
import { Problem, send, type Fault } from "../../core/ask";
import { Loaded } from "../../core/loaded.svelte";
import type { Forecast, Plan } from "./plan";

/** Milliseconds of peace before the daemon is asked. */
export const PEACE = 250;

export class Preview {
  readonly plan = new Loaded<Plan>((signal) => this.#ask<Plan>("/plans", { grid: true }, signal));
  readonly forecast = new Loaded<Forecast>((signal) => this.#ask<Forecast>("/forecasts", {}, signal));
  /** The request that `plan` is of, as text. */
  shown = $state("");
  /** The request that is wanted, as text; "": none, as there is too little of it. */
  wanted = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;

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
    this.forecast.stop();
    await this.plan.load();
    if (body !== this.wanted || this.plan.problem) return;
    this.shown = body;
    void this.forecast.load();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.plan.stop();
    this.forecast.stop();
  }

  async #ask<T>(path: string, query: Record<string, boolean>, signal: AbortSignal): Promise<T> {
    if (!this.wanted) throw new Problem(0, "nothing", "Nothing is asked for.");
    return await send<T>("POST", path, JSON.parse(this.wanted), { query, signal });
  }
}
