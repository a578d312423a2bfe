/** The graph of a plan: its tasks are lit, what is passed through is not. */
import type { GraphEdge, GraphNode } from "../../drawing/graph";
import { count } from "../../words/numbers";
import type { Plan } from "./plan";

export function litGraph(plan: Pick<Plan, "tasks" | "bridged" | "edges" | "passed_edges" | "previous_edges" | "dates_edges">): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const nodes: GraphNode[] = plan.tasks.map(({ name, why, instances }) => ({
    key: name, name, lit: true, label: `${name}: ${count(instances)} instances, ${why}`,
  }));
  const chosen = new Set(plan.tasks.map(({ name }) => name)); // what has no cycle on some dates is passed through there
  for (const name of plan.bridged) if (!chosen.has(name)) nodes.push({ key: name, name, lit: false, label: `${name}: not chosen, passed through` });
  const place = new Map(nodes.map((node, at) => [node.key, at]));
  const edges: GraphEdge[] = [];
  const add = (up: string, down: string, kind: GraphEdge["kind"]): void => {
    const [from, to] = [place.get(up), place.get(down)];
    if (from !== undefined && to !== undefined) edges.push({ up: from, down: to, kind });
  };
  for (const [up, down] of [...plan.edges, ...plan.passed_edges]) add(up, down, "same");
  for (const [up, down] of plan.previous_edges) if (up !== down) add(up, down, "previous");
  for (const [up, down] of plan.dates_edges) add(up, down, "dates");
  return { nodes, edges };
}
