"""Plans as pictures, drawn from the plan view alone: SVG for people, Graphviz for their tools."""
