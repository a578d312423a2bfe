/** A timeline that is asked for anew when something happens, and while its forecast is worked out. */
import { loaded, type Loaded } from "../../../core/loaded.svelte";
import { stream } from "../../../core/stream.svelte";
import { FORECAST, TIMES, type Seen } from "../seen.svelte";
import type { Timeline } from "./answer";

/** Milliseconds: no oftener is it asked for again, whatever happens. */
const REST = 4000;

export function kept<T extends Timeline>(seen: Seen, path: () => string | null): Loaded<T> {
  const line = loaded<T>(path);
  $effect(() =>
    stream.follow(`backfill:${seen.id}`, ({ name }) => {
      if (name === "resync") void line.load();
      else line.soon(REST);
    }),
  );
  let asked = 0;
  $effect(() => {
    if (line.data?.forecast_at === null && !seen.over && asked < TIMES) line.soon(FORECAST * 2 ** asked++);
  });
  return line;
}
