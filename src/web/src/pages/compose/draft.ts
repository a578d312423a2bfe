/** A request as the form holds it, and to and from the JSON that the daemon takes. */
import type { Fault } from "../../core/ask";
import { readWindow, seconds, windowOf, type Hours } from "../../forms/hours";
import type { Range } from "../../words/dates";

export type TaskRef = number | string | { project?: string | number; workflow?: string | number; task: string | number };

export const TYPES = {
  SupplementData: "Business dates of scheduled tasks",
  ManualWorkflow: "A manual workflow",
  Manual: "Tasks of manual workflows",
  SmokeTest: "A smoke test",
  TriggerWorkflow: "A triggered workflow",
} as const;
export type Type = keyof typeof TYPES;

export const MODES = {
  ManualSelection: "Exactly these tasks",
  AllDownstream: "A task and all downstream of it",
  General: "A task and some downstream of it",
  Chain: "All between two tasks",
} as const;
export type Mode = keyof typeof MODES;

/** Left out of the request where they are null or empty. */
export interface Draft extends Hours {
  name: string;
  project: string;
  workflow: string;
  env: string;
  type: Type;
  ranges: Range[];
  dayStart: string;
  dayEnd: string;
  mode: Mode;
  roots: TaskRef[];
  includes: TaskRef[];
  excludes: TaskRef[];
  includeProjects: string;
  excludeProjects: string;
  parallelism: number | null;
  order: string;
  priority: number | null;
  strategy: string;
  resource: string;
  analysed: boolean;
  blocked: boolean;
  alertType: string;
  alertVia: string;
  workflowParameters: string;
  taskParameters: string;
  autoStart: boolean;
  comment: string;
  tags: { key: string; value: string }[];
  tagPolicy: string;
  successRetention: string;
  errorRetention: string;
  reprocess: string;
  onConflict: string;
  onFailure: string;
  maxFailed: number | null;
  first: number | null;
  calendar: string;
  fitWindow: boolean;
  payload: string;
}

export function empty(): Draft {
  return {
    name: "", project: "", workflow: "", env: "Prod", type: "SupplementData", ranges: [{ first: "", last: "" }], dayStart: "", dayEnd: "",
    mode: "ManualSelection", roots: [], includes: [], excludes: [], includeProjects: "", excludeProjects: "",
    parallelism: 1, order: "Asc", priority: null, strategy: "Disable", resource: "",
    windowType: "", windowStart: "22:00:00", windowEnd: "06:00:00", immediately: false, analysed: true, blocked: true, alertType: "", alertVia: "Mail",
    workflowParameters: "", taskParameters: "", autoStart: true, comment: "", tags: [], tagPolicy: "Append",
    successRetention: "", errorRetention: "", reprocess: "All", onConflict: "Queue", onFailure: "", maxFailed: null, first: null,
    calendar: "", fitWindow: false, payload: "",
  };
}

/** What a link says of it: `?project=shop&workflow=daily&task=load`. */
export function begun(query: URLSearchParams): Draft {
  const task = query.get("task");
  return { ...empty(), project: query.get("project") ?? "", workflow: query.get("workflow") ?? "", roots: task ? [task] : [] };
}

/** Fields that are one value on both sides, by their path; what is as in `empty()` is left out. */
const PLAIN: readonly [path: string, field: keyof Draft][] = [
  ["name", "name"], ["project_id", "project"], ["workflow_id", "workflow"], ["env_type", "env"],
  ["periods.start_time", "dayStart"], ["periods.end_time", "dayEnd"],
  ["default_run_properties.root_task_ids", "roots"], ["default_run_properties.include_task_ids", "includes"],
  ["default_run_properties.exclude_task_ids", "excludes"],
  ["default_run_properties.parallelism", "parallelism"], ["default_run_properties.order", "order"],
  ["default_run_properties.priority", "priority"], ["default_run_properties.priority_weight_strategy", "strategy"],
  ["default_run_properties.runtime_resource", "resource"],
  ["default_run_properties.analysis.enabled", "analysed"], ["default_run_properties.analysis.blocked", "blocked"],
  ["auto_start_enabled", "autoStart"], ["comment", "comment"], ["tags", "tags"], ["tag_creation_policy", "tagPolicy"],
  ["instance_retention.success_retention", "successRetention"], ["instance_retention.error_retention", "errorRetention"],
  ["reprocess", "reprocess"], ["on_conflict", "onConflict"], ["on_failure", "onFailure"], ["max_failed_dates", "maxFailed"],
  ["first", "first"], ["calendar", "calendar"], ["fit_window", "fitWindow"],
];

type Json = Record<string, unknown>;

/** The request as JSON, without what is as it would be anyway; and what of it cannot be said as JSON. */
export function asked(draft: Draft): { body: Json; faults: Fault[] } {
  const body: Json = {};
  const faults: Fault[] = [];
  const usual = empty();
  for (const [path, field] of PLAIN) {
    const value = draft[field];
    if (value !== null && JSON.stringify(value) !== JSON.stringify(usual[field])) put(body, path, plain(path, value));
  }
  body.type = draft.type;
  const ranges = draft.ranges.filter(({ first, last }) => first || last);
  if (ranges.length) put(body, "periods.biz_dates", ranges.map(({ first, last }) => ({ start_biz_date: first, end_biz_date: last || first })));
  if (draft.type === "SupplementData") put(body, "default_run_properties.mode", draft.mode);
  putLists(body, draft);
  if (draft.windowType) put(body, "default_run_properties.run_policy", windowOf(draft));
  if (draft.alertType) put(body, "default_run_properties.alert", { type: draft.alertType, notice_type: draft.alertVia });
  if (draft.workflowParameters.trim()) body.workflow_parameters = parameters(draft.workflowParameters);
  if (draft.taskParameters.trim()) body.task_parameters = json(draft.taskParameters, "task_parameters", faults);
  if (draft.payload.trim()) body.payload = json(draft.payload, "payload", faults);
  return { body, faults };
}

/** A field of the form without the proxy that watches it. */
function plain(path: string, value: unknown): unknown {
  if (typeof value !== "string") return JSON.parse(JSON.stringify(value));
  if (path.endsWith("_id") || path.endsWith("_retention")) return number(value);
  return path.endsWith("_time") ? seconds(value) : value;
}

/** Digits alone are an id, or milliseconds. */
function number(text: string): string | number {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function putLists(body: Json, draft: Draft): void {
  for (const [field, text] of [["include_project_ids", draft.includeProjects], ["exclude_project_ids", draft.excludeProjects]] as const) {
    const names = text.split(",").map((each) => each.trim()).filter(Boolean);
    if (names.length) put(body, `default_run_properties.${field}`, names.map(number));
  }
}

/** Lines of `name=value`, as the daemon reads them; what begins like JSON goes as it is. */
function parameters(text: string): unknown {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{")) return trimmed.replace(/\s*\n\s*/g, " ");
  try {
    return JSON.parse(trimmed);
  } catch {
    return trimmed; // the daemon says what is wrong with it
  }
}

function json(text: string, path: string, faults: Fault[]): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    faults.push({ path, given: text.length > 40 ? `${text.slice(0, 40)}…` : text, allowed: `JSON (${(error as Error).message})` });
    return undefined;
  }
}

function put(body: Json, path: string, value: unknown): void {
  const names = path.split(".");
  const last = names.pop()!;
  let at = body;
  for (const name of names) at = (at[name] ??= {}) as Json;
  at[last] = value;
}

/** The form of a request, and the paths of what it does not know; `expect_plan` is of the plan seen then, and dropped. */
export function read(request: Json): { draft: Draft; unknown: string[] } {
  const draft = empty();
  const left = JSON.parse(JSON.stringify(request)) as Json;
  delete left.expect_plan;
  for (const [path, field] of PLAIN) {
    const value = take(left, path);
    if (value !== undefined && value !== null) Object.assign(draft, { [field]: kept(value, draft[field]) });
  }
  readRest(left, draft);
  return { draft, unknown: paths(left) };
}

/** Numbers stay numbers in fields of numbers, and become text where the field is text. */
function kept(value: unknown, before: unknown): unknown {
  return typeof before === "string" ? String(value) : value;
}

function readRest(left: Json, draft: Draft): void {
  const dates = take(left, "periods.biz_dates") as { start_biz_date?: string; end_biz_date?: string }[] | undefined;
  if (Array.isArray(dates) && dates.length) draft.ranges = dates.map((each) => ({ first: String(each.start_biz_date ?? ""), last: String(each.end_biz_date ?? "") }));
  const type = take(left, "type");
  if (typeof type === "string" && type in TYPES) draft.type = type as Type;
  const mode = take(left, "default_run_properties.mode");
  if (typeof mode === "string" && mode in MODES) draft.mode = mode as Mode;
  draft.includeProjects = listed(take(left, "default_run_properties.include_project_ids"));
  draft.excludeProjects = listed(take(left, "default_run_properties.exclude_project_ids"));
  readWindow(take(left, "default_run_properties.run_policy") as Json | null | undefined, draft);
  const alert = take(left, "default_run_properties.alert") as Json | null | undefined;
  if (alert) [draft.alertType, draft.alertVia] = [String(alert.type), String(alert.notice_type)];
  draft.workflowParameters = text(take(left, "workflow_parameters"));
  draft.taskParameters = written(take(left, "task_parameters"));
  draft.payload = written(take(left, "payload"));
}

function listed(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : "";
}

function text(value: unknown): string {
  return typeof value === "string" ? value : written(value);
}

function written(value: unknown): string {
  return value === undefined || value === null ? "" : JSON.stringify(value, null, 1);
}

/** The value at a path, taken out with what it leaves empty. */
function take(from: Json, path: string): unknown {
  const [name, ...rest] = path.split(".") as [string, ...string[]];
  const value = from[name];
  if (!rest.length) {
    delete from[name];
    return value;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const found = take(value as Json, rest.join("."));
  if (!Object.keys(value).length) delete from[name];
  return found;
}

function paths(left: Json, before = ""): string[] {
  return Object.entries(left).flatMap(([name, value]) => {
    if (value === null) return []; // said, but not asked for
    const whole = typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0;
    return whole ? paths(value as Json, `${before}${name}.`) : [before + name];
  });
}

export function isChain({ type, mode }: Draft): boolean {
  return type === "SupplementData" && mode === "Chain";
}

/** What is to be given before the daemon is asked for a plan; null: enough is. */
export function missing(draft: Draft): string | null {
  if (!draft.project) return "Choose a project.";
  if (draft.type === "ManualWorkflow" || draft.type === "TriggerWorkflow") return draft.workflow ? null : "Choose a workflow.";
  if (isChain(draft)) {
    if (draft.includes.length < 2) return "Choose the first and the last task.";
  } else if (!draft.roots.length) return "Choose at least one task.";
  if (draft.type === "SupplementData" && !draft.ranges.some(({ first }) => first)) return "Choose business dates.";
  return null;
}
