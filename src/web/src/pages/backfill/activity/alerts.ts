/** Messages to people about a backfill. */
export interface Alert {
  id: number;
  event: "started" | "first_failure" | "stalled" | "starved" | "ended";
  channel: string;
  state: "waiting" | "sent" | "failed";
  title: string;
  text: string;
  created_at: string;
  tries: number;
  next_try: string | null;
  settled_at: string | null;
  error: string | null;
}

export interface AlertPage {
  items: Alert[];
  next: number | null;
}
