"""What is not for this environment."""

collect_ignore = ["over_restart.py", "trouble.py"]
"""They are run where each vendor's client is installed."""
