"""The scheduler's rules: events and time in, effects out. Pure."""
