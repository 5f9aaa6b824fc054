"""Commands that work on a store, run by the reference's Driver and by ours on the same store and compared.

The store is a file of lines (`scala/commands/RecordingApi.scala`, one source for both), the repository
`examples/purchases`.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joins import BUILD, HERE, JVM_FLAGS

ROOT = HERE.parents[2]
EXAMPLE = ROOT / "examples" / "purchases"
DAY = "2023-11-20"
BATCH_END = 1700524800000
GROUP_BYS = ("purchases", "returns", "users")
SOURCES = f"{HERE}/scala/commands"
# Any jar will do: the class is on the class path.
JAR = Path(os.environ.get("CHRONON_BUNDLE", ROOT / "build" / "chronon-native-spark.jar"))
FETCHED = r"--- \[FETCHED RESULT\] ---|No data present for the provided key\."
RESULT = re.compile(rf"(?:{FETCHED})\n(.*?)\n?<INFO [^>]*> Fetched in", re.DOTALL)


@dataclass(frozen=True)
class Store:
    """A store that was written to: its file, and the calls that changed it."""

    file: Path
    calls: Path

    @classmethod
    def at(cls, path: Path) -> Store:
        """The store of this name."""
        return cls(path.with_suffix(".store"), path.with_suffix(".calls"))

    def flags(self) -> list[str]:
        """What tells a command of it."""
        online = [f"--online-jar={JAR}", "--online-class=chronon.differential.RecordingApi"]
        return [*online, f"-Zfile={self.file}", f"-Zcalls={self.calls}"]

    def entries(self) -> list[tuple[str, str, str]]:
        """Dataset, key and value of everything that is in it, times apart, in order."""
        lines = (line.split(" ") for line in self.file.read_text().splitlines())
        return sorted((dataset, text(key), text(value)) for dataset, key, _, value in lines)


def text(encoded: str) -> str:
    """What Base64 stands for, if that is text."""
    return base64.b64decode(encoded).decode(errors="replace")


def prepare(name: str = "commands") -> Path:
    """The repository with its data, in a folder of its own."""
    folder = BUILD / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(EXAMPLE, folder / "repo", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "generate.py", "data"], cwd=folder / "repo", check=True, stdout=subprocess.DEVNULL)
    return folder


def ours(folder: Path, commands: list[list[str]]) -> list[dict[str, Any]]:
    """Runs commands by our Driver, one after the other in one JVM: status, and lines of output."""
    (folder / "commands.json").write_text(json.dumps(commands))
    arguments = [str(folder / "commands.json"), str(folder / "results.json")]
    _jvm(folder, "native", "chronon.differential.NativeCommands", f"{SOURCES} {HERE}/scala/native_commands", arguments)
    results: list[dict[str, Any]] = json.loads((folder / "results.json").read_text())
    return results


def reference(folder: Path, command: list[str], properties: dict[str, str] | None = None) -> str:
    """Runs a command by the reference's Driver, in a JVM of these system properties that it ends itself; its log."""
    return _jvm(folder, "oracle", "ai.chronon.spark.Driver", SOURCES, command, properties or {})


def fetched(log: str) -> list[str]:
    """The results in the log of the reference; where it says that there are none, ours is `null`."""
    return [result or "null" for result in RESULT.findall(log)]


def _jvm(
    folder: Path,
    world: str,
    main_class: str,
    sources: str,
    arguments: list[str],
    properties: dict[str, str] | None = None,
) -> str:
    all_properties = {"log4j2.configurationFile": f"file://{SOURCES}/log4j2.properties", **(properties or {})}
    flags = " ".join([JVM_FLAGS, *(f"-D{name}={value}" for name, value in all_properties.items())])
    command = [str(HERE.parent / "jvm"), world, main_class, sources, flags, *arguments]
    done = subprocess.run(command, cwd=folder / "repo", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{world} ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout
