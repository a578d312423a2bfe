"""Datadog's door, at `/api/v2/workflows`: workflows and their instances."""
