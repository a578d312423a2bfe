"""What is not for this environment."""

collect_ignore = ["trouble.py"]
"""It is run where each vendor's client is installed."""
