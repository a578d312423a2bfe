/** What the stream tells, and which topic it is about. */
export interface News {
  status: { backfill: number; version: number; status: string };
  counts: { backfill: number; version: number; status: string; counts: Record<string, number>; runs: Record<string, number> };
  delta: { backfill: number; version: number; index: number[]; state: number[]; counts: Record<string, number> };
  resync: { backfill: number | null; version: number; reason: string };
  log: { instance: number; attempt: number; offset: number; next: number; text: string; end: boolean };
}

export const NAMES = ["status", "counts", "delta", "resync", "log"] as const satisfies readonly (keyof News)[];

export type Heard = { [Name in keyof News]: { name: Name; data: News[Name] } }[keyof News];

/** Whether who follows a topic is to hear these news. */
export function about(topic: string, { name, data }: Heard): boolean {
  if (name === "log") return logOf(topic) === `log:${data.instance}/${data.attempt}`;
  if (name === "counts") return topic === "list";
  return topic === (data.backfill === null ? "list" : `backfill:${data.backfill}`);
}

/** What a follower of a topic is told when it may have missed something; undefined for logs, whose offsets tell. */
export function cut(topic: string): Heard | undefined {
  if (topic.startsWith("log:")) return undefined;
  const backfill = topic === "list" ? null : Number(topic.split(":")[1]);
  return { name: "resync", data: { backfill, version: 0, reason: "the stream was cut" } };
}

/** `log:7/1@100` is about `log:7/1`. */
function logOf(topic: string): string {
  return topic.split("@")[0]!;
}

/**
 * The topics as the daemon is to be asked for them: each log once, from where it was `reached` so far, or from where the
 * first of its followers wants it.
 */
export function asked(topics: Iterable<string>, reached: ReadonlyMap<string, number>): string[] {
  const plain = new Set<string>();
  const logs = new Map<string, number>();
  for (const topic of topics) {
    if (!topic.startsWith("log:")) plain.add(topic);
    else logs.set(logOf(topic), Math.min(logs.get(logOf(topic)) ?? Infinity, Number(topic.split("@")[1] ?? 0)));
  }
  return [...[...plain].sort(), ...[...logs].map(([log, from]) => `${log}@${reached.get(log) ?? from}`).sort()];
}
