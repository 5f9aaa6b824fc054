"""Reads the case files, and plays them with both packages.

A case file is Python text: a head that stands at the beginning of every module, and cases, each under a line
`=== <name>`. Lines that begin with `#!` are directives:

    #! file <path>      what follows goes to that file; the first file is <folder of the case file>/shop/case.py
    #! plain <path>     the same, without the head
    #! run <flags>      compiles with these flags in place of `--conf <first file> -y`; files after it are edits
    #! names <a> | <b>  the error of this package names these facts
    #! output           what the displays print is compared too
    #! differs <why>    a documented divergence: the files must not be equal
    #! accepts <why>    a documented divergence: the reference fails, this package does not
    #! rejects <why>    a documented divergence: this package fails, the reference does not
"""

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
CASES = FOLDER / "cases"
DIRECTIVE = re.compile(r"#! (\w+) ?(.*)")


@dataclass
class Case:
    """One case: files and compilations in turn, and what is expected beyond equality."""

    name: str
    steps: list[dict[str, str] | list[str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    output: bool = False
    differs: str = ""
    accepts: str = ""
    rejects: str = ""


def _parse(text: str, name: str, folder: str, head: str) -> Case:
    case = Case(name)
    first = f"{folder}/shop/case.py"
    path, lines, own = first, [], head
    files: dict[str, str] = {}

    def finish() -> None:
        if any(line.strip() for line in lines):
            files[path] = own + "\n".join(lines) + "\n"

    for line in text.splitlines():
        found = DIRECTIVE.fullmatch(line)
        if found is None:
            lines.append(line)
            continue
        word, rest = found.groups()
        if word in ("file", "plain"):
            finish()
            path, lines, own = rest, [], head if word == "file" else ""
        elif word == "run":
            finish()
            case.steps += [dict(files), rest.split()]
            files.clear()
            lines = []
        elif word == "names":
            case.names = rest.split(" | ")
        elif word == "output":
            case.output = True
        else:
            setattr(case, word, rest)
    if not any(isinstance(step, list) for step in case.steps):
        finish()
        case.steps += [dict(files), ["--conf", first, "-y"]]
    return case


def load() -> list[Case]:
    """Every case of every file, named `<file>: <case>`."""
    cases = []
    for file in sorted(CASES.glob("*.cases")):
        head, *bodies = re.split(r"^=== ", file.read_text(), flags=re.MULTILINE)
        for body in bodies:
            name, _, text = body.partition("\n")
            cases.append(_parse(text, f"{file.stem}: {name}", file.stem.split("-")[0], head))
    return cases


def play(python: str, path: str, cases: list[Case], work: Path, teams: str) -> dict[str, Any]:
    """The results of every case with the package that an interpreter has, by name of the case."""
    asked = []
    for position, case in enumerate(cases):
        root = work / str(position)
        root.mkdir(parents=True)
        (root / "teams.json").write_text(teams)
        asked.append({"name": case.name, "root": str(root), "steps": case.steps})
    process = subprocess.run(
        [python, str(FOLDER / "runner.py")],
        input=json.dumps(asked),
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        raise RuntimeError(process.stderr)
    results: dict[str, Any] = json.loads(process.stdout)
    return results
