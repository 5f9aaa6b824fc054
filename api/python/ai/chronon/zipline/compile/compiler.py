"""Compiles a repository of the zipline dialect: all of it, in memory, before anything is written."""

import os
from dataclasses import dataclass, field

from ai.chronon.dialect import ZIPLINE, use_repository
from ai.chronon.errors import ChrononError, DefinitionValueError
from ai.chronon.zipline.compile import store
from ai.chronon.zipline.compile.changes import Change, changes, differs_in_logic, is_online
from ai.chronon.zipline.compile.completion import complete
from ai.chronon.zipline.compile.definitions import Discovery, Found, discover
from ai.chronon.zipline.compile.teams import DEFAULT_TEAM, Teams
from ai.chronon.zipline.compile.validation import broken_rules


@dataclass
class Compilation:
    """What compiling gives: the texts of files by path, what differs from those that are there, and errors by file."""

    root: str
    texts: dict[str, str] = field(default_factory=dict)
    team_texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[Exception]] = field(default_factory=dict)
    old: dict[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> list[Change]:
        """What writing would change."""
        return changes(self.old, self.texts)

    def write(self) -> None:
        """Puts the files in place of those that are there."""
        store.write(self.root, {**self.texts, **self.team_texts})


def _check_overwrite(found: Found, text: str, old: str | None) -> None:
    """Keeps what readers depend on.

    Raises:
        DefinitionValueError: The file is served and would give other values under the same name.

    """
    if old is not None and is_online(old) and differs_in_logic(old, text):
        raise DefinitionValueError(
            f"{found.folder} {found.name} is online, and cannot change in place as others may read it; raise its "
            "version, or give the changed definition a new name"
        )


def _text(found: Found, teams: Teams, root: str, old: dict[str, str]) -> str:
    """The text of a definition's file.

    Raises:
        ChrononError: It cannot be completed, or breaks rules; the message lists all of them.

    """
    complete(found, teams, root)
    broken = broken_rules(found.definition)
    if broken:
        raise DefinitionValueError("; ".join(str(error) for error in broken))
    text = store.text_of(found.definition)
    _check_overwrite(found, text, old.get(store.path_of(found.folder, found.name)))
    return text


def _compile_found(discovery: Discovery, teams: Teams, result: Compilation) -> None:
    for found in discovery.found:
        try:
            text = _text(found, teams, result.root, result.old)
        except Exception as error:  # noqa: BLE001 - the other definitions are still reported
            discovery.fail(found.path, error)
        else:
            result.texts[store.path_of(found.folder, found.name)] = text


def compile_repository(root: str) -> Compilation:
    """Compiles what the folders of a repository hold; errors are gathered, each with its file.

    Raises:
        ChrononError: There is no repository at `root`, or its teams cannot be read.

    """
    root = os.path.realpath(root)
    if not os.path.isdir(root):
        raise ChrononError(f"{root} is no folder; give --chronon-root the root of the repository")
    use_repository(root, ZIPLINE)
    store.recover(root)
    teams = Teams.load(root)
    result = Compilation(root, old=store.read(root))
    discovery = discover(root)
    _compile_found(discovery, teams, result)
    if DEFAULT_TEAM in teams.teams:
        for name in teams.teams:
            result.team_texts[store.team_path(name)] = store.text_of(teams.meta_data_of(name))
    result.errors = discovery.failed
    return result
