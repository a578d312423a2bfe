/** What the nodes of a DAG stand for: tasks, or those of one workflow and layer together. */
import type { MatrixTasks } from "../../../core/types";
import type { EdgeKind, GraphEdge } from "../../../drawing/graph";

type Task = MatrixTasks["tasks"][number];
type Edges = Pick<MatrixTasks, "edges" | "previous_edges" | "dates_edges">;

/** Plans with more tasks are shown as groups unless asked otherwise. */
const MOST_TASKS = 300;

export interface Drawn {
  /** The id of the task, or `g0.3`: workflow and layer, as the address calls it. */
  key: string;
  name: string;
  /** Its tasks by their places in the matrix. */
  tasks: readonly number[];
  group: boolean;
}

/** Whether so many tasks are shown as groups; `asked` is what the address says: `1`, `0` or nothing. */
export function isGrouped(tasks: number, asked: string | null): boolean {
  return asked === null ? tasks > MOST_TASKS : asked === "1";
}

/** A node a task, or a node a group with more than one task whose key is not among `open`. */
export function drawn(tasks: readonly Task[], grouped: boolean, open: ReadonlySet<string>): Drawn[] {
  const single = (at: number): Drawn => ({ key: String(tasks[at]!.id), name: tasks[at]!.name, tasks: [at], group: false });
  if (!grouped) return tasks.map((_, at) => single(at));
  return [...groupsOf(tasks)].flatMap(([key, members]) =>
    members.length === 1 || open.has(key) ? members.map(single) : [{ key, name: nameOf(members.map((at) => tasks[at]!)), tasks: members, group: true }],
  );
}

/** The key of the group that a task belongs to. */
export function groupKeys(tasks: readonly Task[]): string[] {
  const flows = [...new Set(tasks.map(flow))];
  return tasks.map((task) => `g${flows.indexOf(flow(task))}.${task.layer}`);
}

/** Edges between what is drawn, each once; what a group waits for inside itself is left out. */
export function between(nodes: readonly Drawn[], { edges, previous_edges, dates_edges }: Edges): GraphEdge[] {
  const nodeOf = new Map(nodes.flatMap((node, at) => node.tasks.map((task) => [task, at] as const)));
  const found = new Map<string, GraphEdge>();
  const add = (kind: EdgeKind, upTask: number, downTask: number): void => {
    const [up, down] = [nodeOf.get(upTask), nodeOf.get(downTask)];
    if (up === undefined || down === undefined || (up === down && nodes[up]!.group)) return;
    found.set(`${kind} ${up} ${down}`, { up, down, kind });
  };
  for (const [up, down] of edges) add("same", up, down);
  for (const [up, down] of previous_edges) add("previous", up, down);
  for (const [up, down] of dates_edges) add("dates", up, down);
  return [...found.values()];
}

function groupsOf(tasks: readonly Task[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  groupKeys(tasks).forEach((key, at) => groups.set(key, [...(groups.get(key) ?? []), at]));
  return groups;
}

/** What the names of its tasks begin with, else their workflow and layer. */
function nameOf(tasks: readonly Task[]): string {
  const names = tasks.map((task) => task.name);
  const words = names[0]!.split(/(?<=[_.-])/);
  let common = "";
  for (const word of words) {
    if (!names.every((name) => name.startsWith(common + word))) break;
    common += word;
  }
  return `${common.replace(/[_.-]+$/, "") || `${tasks[0]!.workflow} ${tasks[0]!.layer + 1}`} · ${tasks.length}`;
}

function flow(task: Task): string {
  return `${task.project}/${task.workflow}`;
}
