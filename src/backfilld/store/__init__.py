"""What the daemon remembers, in SQLite or PostgreSQL."""
