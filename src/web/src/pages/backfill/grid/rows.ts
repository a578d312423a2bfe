/** Rows of the grid: tasks, and groups of them by layer or workflow that can be shut. */
import type { MatrixTasks } from "../../../core/types";

export const GROUPINGS = ["none", "layer", "workflow"] as const;
export type Grouping = (typeof GROUPINGS)[number];
type Task = MatrixTasks["tasks"][number];

export interface Row {
  /** The id of the task, or `g0`, `g1`, ... of a group: what the address calls it. */
  key: string;
  name: string;
  /** Its tasks by their places in the matrix. */
  tasks: readonly number[];
  group: boolean;
  shut: boolean;
}

export interface Wanted {
  grouping: Grouping;
  /** Keys of groups whose tasks are not shown. */
  shut: ReadonlySet<string> | "all";
  /** Part of the names of the tasks that are shown, in either case. */
  filter: string;
}

/** How a plan is grouped unless asked otherwise: headings that stand over few tasks only take room. */
export function usual(tasks: readonly Task[]): Grouping {
  if (new Set(tasks.map(flow)).size > 1) return "workflow";
  return tasks.length >= 4 * new Set(tasks.map((task) => task.layer)).size ? "layer" : "none";
}

/** The rows from top to bottom; a shut group is one row, an open one is a row above those of its tasks. */
export function rowsOf(tasks: readonly Task[], { grouping, shut, filter }: Wanted): Row[] {
  const needle = filter.trim().toLowerCase();
  const meant = (task: number): boolean => tasks[task]!.name.toLowerCase().includes(needle);
  const single = (task: number): Row => ({ key: String(tasks[task]!.id), name: tasks[task]!.name, tasks: [task], group: false, shut: false });
  if (grouping === "none") return tasks.map((_, task) => task).filter(meant).map(single);
  return groupsOf(tasks, grouping).flatMap(([name, members], at) => {
    const key = `g${at}`;
    const found = members.filter(meant);
    const closed = shut === "all" || shut.has(key);
    if (!found.length) return [];
    return [{ key, name, tasks: found, group: true, shut: closed }, ...(closed ? [] : found.map(single))];
  });
}

/** The row of a task or group by its key, a task also by its name; a task of a shut group is in that group's. */
export function rowAt(rows: readonly Row[], tasks: readonly Task[], wanted: string): number {
  const found = rows.findIndex((row) => row.key === wanted || (!row.group && row.name === wanted));
  if (found >= 0) return found;
  const task = tasks.findIndex((each) => String(each.id) === wanted || each.name === wanted);
  return rows.findIndex((row) => row.tasks.includes(task));
}

/** The tasks of some rows, each once, in the order of the matrix. */
export function tasksOf(rows: readonly Row[]): number[] {
  return [...new Set(rows.flatMap((row) => row.tasks))].sort((a, b) => a - b);
}

function groupsOf(tasks: readonly Task[], grouping: Grouping): [string, number[]][] {
  const groups = new Map<number | string, number[]>();
  tasks.forEach((task, at) => {
    const key = grouping === "layer" ? task.layer : flow(task);
    const group = groups.get(key);
    if (group) group.push(at);
    else groups.set(key, [at]);
  });
  const found = [...groups];
  if (grouping === "layer") found.sort(([a], [b]) => Number(a) - Number(b));
  return found.map(([key, members]) => [grouping === "layer" ? `Layer ${Number(key) + 1}` : String(key), members]);
}

function flow(task: Task): string {
  return `${task.project}/${task.workflow}`;
}
