"""A backfill scheduler daemon with period planning."""
