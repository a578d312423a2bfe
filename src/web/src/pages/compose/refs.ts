/** Tasks as a request names them. */
import type { TaskRef } from "./draft";

/** Where bare names are looked up. */
export interface Home {
  project: string;
  workflow: string;
}

export interface Named {
  id: number;
  name: string;
  workflow: string;
  project: string;
}

/** Bare in the request's own workflow, else in full. */
export function refOf({ name, workflow, project }: Named, home: Home): TaskRef {
  return workflow === home.workflow && project === home.project ? name : { project, workflow, task: name };
}

export function same(ref: TaskRef, task: Named, home: Home): boolean {
  if (ref === task.id) return true;
  if (typeof ref !== "object") return ref === task.name && (!home.workflow || home.workflow === task.workflow);
  return ref.task === task.name && (ref.workflow ?? task.workflow) === task.workflow && (ref.project ?? task.project) === task.project;
}

/** A name, with what is needed to find it; an id that has no name here as `#7`. */
export function refText(ref: TaskRef, named: ReadonlyMap<number, string>): string {
  if (typeof ref === "number") return named.get(ref) ?? `#${ref}`;
  return typeof ref === "string" ? ref : [ref.project, ref.workflow, ref.task].filter((part) => part !== undefined).join("/");
}
