/** What the catalog says, as far as its page reads it. */
import type { GraphEdge, GraphNode } from "../../drawing/graph";

export interface Project {
  id: number;
  name: string;
  timezone: string;
  business_date_offset: number;
  environments: string[];
  workflows: number;
}

export interface Workflow {
  id: number;
  name: string;
  project: string;
  type: string;
  parameters: Record<string, string>;
  tags: Record<string, string>;
  owner: string | null;
  description: string | null;
  tasks: number;
}

export interface Task {
  id: number;
  name: string;
  workflow: string;
  project: string;
  cron: string;
  timezone: string;
  business_date_offset: number;
  command: string | null;
  python: string | null;
  virtual: boolean;
  parameters: Record<string, string>;
  retries: number;
  retry_delay: number;
  retry_backoff: number;
  timeout: number | null;
  max_active: number | null;
  resource_group: string;
  priority: number | null;
  on_lost: string;
  skip_exit_codes: number[];
  no_retry_exit_codes: number[];
  run_policy: Record<string, unknown> | null;
  recurrence: string;
  smoke_test: boolean;
  owner: string | null;
  tags: Record<string, string>;
  description: string | null;
}

export interface Dependency {
  id: number;
  name: string;
  workflow: string;
  project: string;
  cycle: "same" | "previous" | "dates";
  dates: number | null;
}

export interface WholeTask extends Task {
  upstream: Dependency[];
  downstream: Dependency[];
}

/** `its cycle before`, `7 business dates`; nothing for the same cycle. */
export function cycleText({ cycle, dates }: Dependency): string {
  if (cycle === "same") return "";
  return cycle === "previous" ? "the cycle before" : `the last ${dates} business dates`;
}

/** A task with what it waits for on its left, and what waits for it on its right. */
export function neighbourhood(task: WholeTask): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const places = new Map<number, number>([[task.id, 0]]);
  const nodes: GraphNode[] = [{ key: String(task.id), name: task.name, label: task.name, lit: true }];
  const edges: GraphEdge[] = [];
  const place = ({ id, name, workflow }: Dependency): number => {
    if (!places.has(id)) places.set(id, nodes.push({ key: String(id), name, label: `${name} of ${workflow}`, lit: false }) - 1);
    return places.get(id)!;
  };
  for (const each of task.upstream) if (each.id !== task.id) edges.push({ up: place(each), down: 0, kind: each.cycle });
  for (const each of task.downstream) if (each.id !== task.id) edges.push({ up: 0, down: place(each), kind: each.cycle });
  return { nodes, edges };
}

/** `name=value, name=value`. */
export function pairs(values: Record<string, string>): string {
  return Object.entries(values).map(([name, value]) => (value ? `${name}=${value}` : name)).join(", ");
}
