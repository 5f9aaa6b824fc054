"""Jobs as steps with dependencies, and what hands these to a scheduler."""
