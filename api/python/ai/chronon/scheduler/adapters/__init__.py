"""Schedulers that can run a flow; each module needs its scheduler installed."""
