"""What users and timers can do."""
