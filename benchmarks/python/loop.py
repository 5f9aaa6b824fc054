"""Compiles modules one after the other in one process with the reference; its own program cannot do that.

Usage: loop.py ROOT MODULE...
"""

import sys

from ai.chronon.repo.compile import extract_and_convert

if __name__ == "__main__":
    root, *modules = sys.argv[1:]
    for module in modules:
        arguments = ["--chronon_root", root, "--conf", module, "-y"]
        extract_and_convert.main(arguments, prog_name="compile.py", standalone_mode=False)
