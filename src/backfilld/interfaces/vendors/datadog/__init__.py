"""Datadog Workflow Automation: an execution of a workflow is an instance, with a payload."""
