"""Who wrote a file, from the history of its git repository."""

import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ai.chronon.errors import ChrononError

SEPARATOR = "\x1f"
NEWEST_COMMITS = 2
PROCESSES = 8


@dataclass(frozen=True)
class Commit:
    """One commit of a file: day of authoring (`yyyy-MM-dd`), name and mail address of the author."""

    day: str
    author: str
    email: str

    def __str__(self) -> str:
        """The commit as search results show it."""
        return f"{self.day}/{self.author}/{self.email}"


class History:
    """The commits of files below a root; empty where there is no git, or no repository."""

    def __init__(self, root: str) -> None:
        """Takes the folder that file names are relative to."""
        self._root = root
        self._newest: dict[str, list[Commit]] = {}

    def newest(self, file: str) -> list[Commit]:
        """The last two commits of a file, newest first."""
        if file not in self._newest:
            self._newest[file] = self._log(file, f"--max-count={NEWEST_COMMITS}")
        return self._newest[file]

    def prefetch(self, files: Iterable[str]) -> None:
        """Asks for the last commits of many files at once: git is a process for each of them."""
        missing = [file for file in dict.fromkeys(files) if file not in self._newest]
        with ThreadPoolExecutor(PROCESSES) as pool:
            list(pool.map(self.newest, missing))

    def first(self, file: str, exclude_message: str | None = None) -> Commit | None:
        """The oldest commit of a file, of those whose message does not match a pattern."""
        chosen = [f"--grep={exclude_message}", "--invert-grep"] if exclude_message else []
        commits = self._log(file, *chosen)
        return commits[-1] if commits else None

    def _log(self, file: str, *arguments: str) -> list[Commit]:
        if not file:
            return []
        layout = f"--format={SEPARATOR.join(('%as', '%an', '%ae'))}"
        command = ["git", "-C", self._root, "log", layout, *arguments, "--", file]
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return []
        if result.returncode and "not a git repository" not in result.stderr and "any commits" not in result.stderr:
            raise ChrononError(f"git cannot tell who wrote {file}: {result.stderr.strip()}")
        return [Commit(*line.split(SEPARATOR)) for line in result.stdout.splitlines()]
