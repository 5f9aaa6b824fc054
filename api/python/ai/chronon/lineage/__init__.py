"""Where each column of a repository comes from: `LineageParser` reads compiled files and their SQL."""
