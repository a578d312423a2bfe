/** What the daemon answers to a request that is not submitted: its plan, and when it would be done. */
import type { LeftOut, PlannedTask } from "../../core/types";
import type { Planned } from "./calendar";

const SEVERITIES = ["error", "warning", "info"] as const;

export interface Finding {
  code: string;
  severity: (typeof SEVERITIES)[number];
  subject: string;
  message: string;
  blocks: boolean;
}

export interface Plan extends Planned {
  version_id: string;
  plan_hash: string;
  tasks: PlannedTask[];
  edges: [string, string][];
  previous_edges: [string, string][];
  dates_edges: [string, string, number][];
  bridged: string[];
  passed_edges: [string, string][];
  left_out: LeftOut[];
  not_permitted: number;
  findings: Finding[];
  counts: { dates: number; tasks: number; instances: number; left_out: number };
}

interface Pace {
  end: string | null;
  nights: number;
  stall: { since: string; message: string } | null;
}

export interface Forecast {
  now: string;
  note: string;
  courses: { p50: Pace; p90: Pace; windows: [string, string][] }[];
}

/** Findings of one kind. */
export interface Kindred {
  code: string;
  severity: Finding["severity"];
  findings: Finding[];
}

/** The worst first; without the expected end, which the figures tell. */
export function kindred(findings: readonly Finding[]): Kindred[] {
  const found = new Map<string, Kindred>();
  for (const finding of findings) {
    if (finding.code === "forecast_end" && finding.severity === "info") continue;
    const key = `${finding.severity} ${finding.code}`;
    const same = found.get(key) ?? { code: finding.code, severity: finding.severity, findings: [] };
    found.set(key, same);
    same.findings.push(finding);
  }
  return [...found.values()].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

export function toRun(plan: Plan): number {
  return plan.counts.instances - plan.counts.left_out;
}

/** Whether the daemon would refuse it. */
export function isBlocked(plan: Plan): boolean {
  return plan.findings.some((finding) => finding.blocks);
}
