"""DataWorks' door, at `/`: the operation is in a header, so every operation is an entry of a table here."""
