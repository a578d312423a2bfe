/** What the list is asked for: words of the filter box and the segments, as the daemon takes them. */
import type { Word } from "../../core/types";

export const SEGMENTS = {
  all: [],
  active: ["running", "queued", "waiting", "pausing", "not_started"],
  paused: ["paused"],
  failed: ["failed"],
  succeeded: ["succeeded"],
  cancelled: ["cancelled"],
} as const satisfies Record<string, readonly Word[]>;
export type Segment = keyof typeof SEGMENTS;

export const SEGMENT_NAMES: Record<Segment, string> = {
  all: "All", active: "Active", paused: "Paused", failed: "Failed", succeeded: "Succeeded", cancelled: "Cancelled",
};

/** Backfills a page. */
export const PAGE = 50;
const NAMED = new Set(["by", "project", "workflow", "tag"]);

export function segmentOf(word: string | null): Segment {
  return word !== null && Object.hasOwn(SEGMENTS, word) ? (word as Segment) : "all";
}

/**
 * The query of a page of the list. In the box `by:anna project:shop workflow:daily tag:team=core` narrow, what else is
 * there is part of a name; `%` is any text, so one that is meant is not asked for.
 */
export function queryOf(box: string, segment: Segment, after: string | null): string {
  const query = new URLSearchParams({ limit: String(PAGE) });
  const name: string[] = [];
  for (const word of box.trim().split(/\s+/).filter(Boolean)) {
    const [key = "", value] = split(word);
    if (NAMED.has(key) && value) query.append(key, value);
    else name.push(word);
  }
  if (name.length) query.set("name_like", `%${name.join(" ")}%`);
  for (const word of SEGMENTS[segment]) query.append("state", word);
  if (after) query.set("after", after);
  return query.toString();
}

function split(word: string): [string, string] | [string] {
  const colon = word.indexOf(":");
  return colon < 0 ? [word] : [word.slice(0, colon), word.slice(colon + 1)];
}
