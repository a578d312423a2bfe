"""The door for Prefect's client: `/api/`, but for what Datadog's claims there."""
