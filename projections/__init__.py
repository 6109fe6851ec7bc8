"""Read models: pure functions from recorded events to rows, with their tables and queries.

One folder per read model; `infra.projections` runs them."""
