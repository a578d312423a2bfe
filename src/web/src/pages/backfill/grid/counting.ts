/** Counts of a backfill that is too large for its bytes. */
import { get } from "../../../core/ask";
import type { MatrixTasks } from "../../../core/types";
import type { Unit } from "./buckets";
import { Counted, type GridView } from "./source";

/** Ask for them by week, month or quarter; raises `Problem`. */
export async function counting(backfill: number, unit: Exclude<Unit, "day">, signal: AbortSignal): Promise<Counted> {
  const path = `/backfills/${backfill}`;
  const [tasks, view] = await Promise.all([
    get<MatrixTasks>(`${path}/tasks`, { signal }),
    get<GridView>(`${path}/grid`, { query: { unit }, signal }),
  ]);
  return new Counted(tasks, view);
}
