"""Words to people: which event deserves one, and the channels."""
