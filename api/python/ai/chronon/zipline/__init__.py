"""The zipline dialect: its authoring functions, its compiler and its command line; see README.md."""
