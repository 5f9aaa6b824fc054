"""Feature definitions in Python: authoring helpers, the compiler, and the runner of jobs."""
