"""Prefect's form, as its client 3.8.8 speaks it: a flow is our project, a deployment a workflow, a flow run a run."""
