"""Cloudflare Workflows: a project is an account, an execution of a workflow is an instance, its tasks are steps."""
