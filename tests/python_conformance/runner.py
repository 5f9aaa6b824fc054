"""Plays conformance cases with whichever package the interpreter has: JSON in, JSON out.

Run by two interpreters, this package's and the reference's, so it uses the standard library and what both have.
Every case is played in a process of its own, forked after the package was imported: definitions are found through
the modules and objects of a process, and must not see those of another case.
"""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

# Importing them now saves each case from doing so.
import ai.chronon.external_api
import ai.chronon.join
import ai.chronon.model
import ai.chronon.staging_query  # noqa: F401
from ai.chronon.repo import compile as compile_module


def compile_once(arguments):
    """Runs `compile.py` in this process; what it printed, and the error that it ended with, if any."""
    printed, error = io.StringIO(), None
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        try:
            compile_module.extract_and_convert.main(arguments, prog_name="compile.py", standalone_mode=False)
        except Exception as raised:  # noqa: BLE001 - any error is a result
            error = {"types": [kind.__name__ for kind in type(raised).__mro__], "message": str(raised)}
        except SystemExit as ended:
            if ended.code:
                error = {"types": ["SystemExit"], "message": f"exit code {ended.code}"}
    return {"printed": printed.getvalue(), "error": error}


def play(root, steps):
    """The results of the steps of a case, and the files that they left."""
    os.chdir(root)
    sys.path.insert(0, root)
    results = []
    for step in steps:
        if isinstance(step, dict):
            for name, text in step.items():
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).write_text(text)
            continue
        # The reference takes the folder that it was imported in for the root.
        results.append(compile_once(["--chronon_root", root, *step]))
    files = {str(path): path.read_text() for path in sorted(Path("production").rglob("*")) if path.is_file()}
    return {"steps": results, "files": files}


def play_apart(case):
    """Plays a case in a forked process; its steps are compilations, each in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reader)
            result = json.dumps(play(case["root"], case["steps"])).encode()
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(result)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError(f"case {case['name']} ended with status {status}")
    return json.loads(text)


def combined(case):
    """Edits and compilations in turn, each compilation in a fresh process, as a user runs it."""
    results, edits, files = [], [], {}
    for step in case["steps"]:
        edits.append(step)
        if not isinstance(step, dict):
            result = play_apart({**case, "steps": edits})
            results += result["steps"]
            files = result["files"]
            edits = []
    return {"steps": results, "files": files}


if __name__ == "__main__":
    json.dump({case["name"]: combined(case) for case in json.load(sys.stdin)}, sys.stdout)
