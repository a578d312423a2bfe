"""A request and a catalog version become a plan. Pure."""
