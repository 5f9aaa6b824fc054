"""Runs commands and evaluates expressions with whichever `ai.chronon` is installed, each in a forked process.

Usage: driver.py <module:name of a click command>     (one JSON request a line in, one JSON answer a line out)

A request with `folder` and `arguments` runs the command there; the answer holds exit code and output. One with
`expression` evaluates it among the names of `ai.chronon.types`; the answer holds the value as JSON, or the names of
the error's classes. What is slow to import is imported once, and no case sees the modules of another. The reference's
environment runs this file too, so it needs the standard library and click only.
"""

import contextlib
import importlib
import io
import json
import os
import sys
import tempfile
import traceback
import warnings
from typing import Any

# Where expressions pretend to stand: the folder of a file is its team.
SOURCE_FILE = "/repository/group_bys/shop/case.py"
PREAMBLE = """
from ai.chronon.types import *
from ai.chronon.types import MetaData, ExecutionInfo
from ai.chronon import utils
from ai.chronon.utils import clean_expression, compose, normalize_source, normalize_sources, sanitize
from ai.chronon.group_by import contains_windowed_aggregation, get_output_col_names, op_to_str, window_to_str_pretty
from ai.chronon.airflow_helpers import create_airflow_dependency
from ai.chronon.windows import normalize_window
from ai.chronon.repo.cluster import fixed_gcp_cluster, generate_dataproc_cluster_config, generate_emr_cluster_config
from ai.chronon.repo.constants import RunMode
import json

def E():
    return EventSource("db.events", Query(selects("a", "b", "c"), time_column="ts"))

def N():
    return EntitySource("db.entities", Query(selects("a", "b")))

def G(name=None, **arguments):
    group_by = GroupBy(E(), ["a"], [Aggregation("b", Operation.SUM)], **arguments)
    group_by.metaData.name = name
    return group_by

def J(**arguments):
    return Join(**{"left": E(), "right_parts": [JoinPart(G("t.n"))], "row_ids": "a", **arguments})

def X(name):
    return ExternalSource(name, "team", [("k", DataType.STRING)], [("v", DataType.LONG)])
"""


def plain(value: Any) -> Any:
    """A value as JSON: Thrift objects as their name and the attributes that are set."""
    if hasattr(value, "thrift_spec"):
        attributes = {key: plain(inner) for key, inner in vars(value).items() if inner is not None}
        return {type(value).__name__: attributes}
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value if value is None or isinstance(value, (str, int, float)) else repr(value)


def evaluate(names: dict[str, Any], expression: str) -> dict[str, Any]:
    """The value of an expression, or what it raises."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return {"value": plain(eval(compile(expression, SOURCE_FILE, "eval"), names))}
    except Exception as error:
        return {"error": [kind.__name__ for kind in type(error).__mro__], "message": str(error)}


def run(command: Any, folder: str, arguments: list[str], answers: str) -> int:
    """Runs the command in a folder, in this process; returns its exit code."""
    os.chdir(folder)
    with tempfile.TemporaryFile("w+") as typed:
        typed.write(answers)
        typed.seek(0)
        os.dup2(typed.fileno(), 0)
    sys.stdin = os.fdopen(0)
    try:
        command(args=arguments, prog_name="zipline", standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def answer(command: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Runs the command in a fork."""
    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            code = 70
            try:
                code = run(command, request["folder"], request["arguments"], request["answers"])
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        output.seek(0)
        return {"code": os.waitstatus_to_exitcode(status), "output": output.read()}


def main() -> None:
    """Serves requests until the input ends."""
    warnings.simplefilter("ignore")
    module, _, name = sys.argv[1].partition(":")
    command = getattr(importlib.import_module(module), name)
    names: dict[str, Any] = {}
    for line in sys.stdin:
        request = json.loads(line)
        if "expression" in request and not names:
            exec(compile(PREAMBLE, SOURCE_FILE, "exec"), names)
        reply = evaluate(names, request["expression"]) if "expression" in request else answer(command, request)
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
