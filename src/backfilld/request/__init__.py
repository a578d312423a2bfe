"""The one native form of a backfill request."""
