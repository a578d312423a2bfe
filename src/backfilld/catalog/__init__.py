"""What could run: projects, workflows, tasks, their dependencies and cycles."""
