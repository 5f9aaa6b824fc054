"""Runs the reference's `run` with its processes intercepted: answers what it would have started, in which environment.

Standard library only; one JSON request a line in, one JSON answer a line out. The clients of clouds are replaced by
objects that do nothing, as no environment of the tests has them.
"""

import importlib
import json
import os
import subprocess
import sys
from typing import Any
from unittest import mock

CLOUD_CLIENTS = (
    "azure",
    "azure.core",
    "azure.core.exceptions",
    "azure.identity",
    "azure.storage",
    "azure.storage.blob",
    "boto3",
    "botocore",
    "botocore.exceptions",
    "crcmod",
    "crcmod.predefined",
    "google",
    "google.api_core",
    "google.auth",
    "google.cloud",
    "google.cloud.storage",
    "google_crc32c",
)
RUNNERS = ("run", "utils", "default_runner", "gcp", "aws", "azure_runner")
STARTED: list[str] = []


def _started(command: Any, *_: Any, **__: Any) -> bytes:
    STARTED.append(command if isinstance(command, str) else " ".join(command))
    return b""


def _uploaded(_: str, target: str) -> str:
    return target


def _intercept() -> Any:
    """The command, with everything that leaves the process taken out."""
    for name in CLOUD_CLIENTS:
        try:
            importlib.import_module(name)
        except ImportError:
            sys.modules[name] = mock.MagicMock()
    subprocess.check_call = subprocess.check_output = _started  # type: ignore[assignment]
    modules = [importlib.import_module(f"ai.chronon.repo.{name}") for name in RUNNERS]
    for module in modules:
        for name, value in {
            "check_call": _started,
            "check_output": _started,
            "upload_to_blob_store": _uploaded,
        }.items():
            if hasattr(module, name):
                setattr(module, name, value)
        for runner in [value for value in vars(module).values() if isinstance(value, type)]:
            for name in [name for name in vars(runner) if name.startswith("download_")]:
                setattr(runner, name, lambda *_: "JAR")
    return next(value for value in vars(modules[0]).values() if getattr(value, "name", None) == "run")


def _answer(command: Any, request: dict[str, Any]) -> dict[str, Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.chdir(request["folder"])
        os.environ.update(request["environment"])
        before, error = dict(os.environ), ""
        try:
            command.main(args=request["arguments"], standalone_mode=False)
        except BaseException as raised:
            error = f"{type(raised).__name__}: {raised}"
        added = {key: value for key, value in os.environ.items() if before.get(key) != value}
        with os.fdopen(writer, "w") as pipe:
            json.dump({"started": STARTED, "environment": added, "error": error}, pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer: dict[str, Any] = json.load(pipe)
    os.waitpid(child, 0)
    return answer


def main() -> None:
    """Serves requests until the input ends."""
    command = _intercept()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        answers.write(json.dumps(_answer(command, json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
