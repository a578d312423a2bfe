/** Submitting a request, once however often it is tried. */
import { get, Problem, send } from "../../core/ask";

interface Operation {
  id: string;
  status: "pending" | "running" | "completed" | "failed";
  backfill_id: number;
  error?: string;
}

const STEP = 250;
let last = { body: "", key: "" };

/** The id of the new backfill once its runs are written; throws `Problem`. What is sent again is the same request. */
export async function submitted(request: Record<string, unknown>): Promise<number> {
  const body = JSON.stringify(request);
  if (last.body !== body) last = { body, key: fresh() };
  let operation = await send<Operation>("POST", "/backfills", request, { headers: { "Idempotency-Key": last.key } });
  last = { body: "", key: "" }; // it is accepted: the same again is another one
  while (operation.status === "pending" || operation.status === "running") {
    await new Promise((after) => setTimeout(after, STEP));
    operation = await get<Operation>(`/operations/${operation.id}`);
  }
  if (operation.status === "failed") throw new Problem(500, "failed", operation.error ?? "It could not be accepted.");
  return operation.backfill_id;
}

/** A key that nobody else has; `randomUUID` is kept from pages over plain HTTP from afar. */
function fresh(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
