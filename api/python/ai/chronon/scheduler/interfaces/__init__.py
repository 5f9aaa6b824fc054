"""What a flow consists of, and what a scheduler has to offer."""
