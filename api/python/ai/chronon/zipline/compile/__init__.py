"""The compiler of the zipline dialect: from the modules of a repository to the files that jobs take."""
