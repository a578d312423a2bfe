"""The demo's pipeline: flights out of New York in 2013, one file for each task instance. Standard library only."""
