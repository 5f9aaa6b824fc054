"""Where the raw rows are, shared by the group-bys and joins of this repository."""
