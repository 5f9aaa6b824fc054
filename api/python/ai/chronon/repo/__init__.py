"""Tools that work on a feature repository: compile definitions, and run their jobs."""
