"""What `ai.chronon.repo` holds in a repository of the zipline dialect."""
