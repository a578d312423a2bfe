/** Words of backfills and runs, and how they are coloured. */
import type { Word } from "../core/types";

export const WORDS: Record<Word, string> = {
  not_started: "Not started",
  queued: "Queued",
  running: "Running",
  waiting: "Waiting",
  pausing: "Pausing",
  paused: "Paused",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
};

export const OVER: ReadonlySet<Word> = new Set(["succeeded", "failed", "cancelled"]);

export function tone(word: Word): "going" | "good" | "warn" | "bad" | "" {
  switch (word) {
    case "running":
    case "queued":
      return "going";
    case "succeeded":
      return "good";
    case "waiting":
    case "pausing":
    case "paused":
    case "not_started":
      return "warn";
    case "failed":
      return "bad";
    case "cancelled":
      return "";
  }
}
