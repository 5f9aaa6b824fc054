"""Search in the index of a repository, and its results as text for a terminal or as JSON.

The text is that of the reference: for each hit a line per field, the keyword highlighted, long lists
cut down to what matches.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ai.chronon.repo.index import Entry, FeatureIndex
from ai.chronon.repo.ownership import History

FIELD_WIDTH = 15
LONGEST_LIST = 10
# Terminal codes: of field names, of owners, of the keyword, and of what was left out.
RESET, BOLD, ITALIC, UNDERLINE = "\x1b[0m", "\x1b[1m", "\x1b[3m", "\x1b[4m"
FIELD_COLOUR, OWNER_COLOUR, HIT_COLOUR = "\x1b[38;5;130m", "\x1b[38;5;27m", "\x1b[38;5;160m"
REST_COLOUR = "\x1b[38;5;246m"
# Fields that are searched by default, under the names by which they are printed.
SEARCHED = ("aggregation", "keys", "name", "sources", "joins")
MORE_SEARCHED = (*SEARCHED, "features", "columns", "team", "owners", "join_event_driver", "description")


def printed_fields(entry: Entry) -> dict[str, list[Any]]:
    """The fields of a GroupBy as results show them, in their order."""
    return {
        "sources": list(entry.sources),
        "_event_tables": list(entry.event_tables),
        "_event_topics": list(entry.event_topics),
        "aggregation": list(entry.input_columns),
        "keys": list(entry.keys),
        "name": [entry.name],
        "online": [entry.online] if entry.online is not None else [],
        "output_namespace": [entry.output_namespace] if entry.output_namespace else [],
        "json_file": [entry.json_file],
        "joins": list(entry.joins),
        "join_event_driver": list(entry.join_event_driver),
    }


def all_fields(entry: Entry, history: History) -> dict[str, list[Any]]:
    """As `printed_fields`, with what only this implementation knows."""
    owners = list(dict.fromkeys(f"{commit.author} <{commit.email}>" for commit in history.newest(entry.file)))
    return {
        "kind": [entry.kind],
        **printed_fields(entry),
        "features": list(entry.features),
        "columns": list(entry.columns),
        "team": [entry.team],
        "owners": owners,
        "description": [entry.description] if entry.description else [],
    }


def matches(fields: dict[str, list[Any]], keyword: str, searched: Iterable[str]) -> bool:
    """Whether any value of the searched fields contains the keyword."""
    return any(keyword in str(value) for name in searched for value in fields.get(name, []))


def search(index: FeatureIndex, history: History, keyword: str, *, everything: bool = False) -> list[Entry]:
    """The definitions that a keyword is found in, by when and by whom they were last changed.

    Args:
        index: Where to search.
        history: Who wrote which file.
        keyword: Text that a value has to contain; case counts.
        everything: Search all kinds of definitions and all fields, not only what the reference does.

    """
    if everything:
        history.prefetch(entry.file for entry in index.entries)
        found = [entry for entry in index.entries if matches(all_fields(entry, history), keyword, MORE_SEARCHED)]
    else:
        found = [entry for entry in index.of_kind("group_by") if matches(printed_fields(entry), keyword, SEARCHED)]
    history.prefetch(entry.file for entry in found)
    return sorted(found, key=lambda entry: (_changed(entry, history), entry.name))


def _changed(entry: Entry, history: History) -> str:
    return " ".join(str(commit) for commit in history.newest(entry.file))


def _matching(values: list[Any], keyword: str) -> list[Any]:
    """A long list cut down to the values that match, each once; a short one as it is."""
    if len(values) <= LONGEST_LIST:
        return values
    return list(dict.fromkeys(value for value in values if keyword in str(value)))


class Terminal:
    """Search results as lines of text, with or without colours."""

    def __init__(self, keyword: str, history: History, *, colours: bool) -> None:
        """Takes the keyword to highlight."""
        self._keyword = keyword
        self._history = history
        self._colours = colours

    def hit(self, entry: Entry, *, everything: bool = False) -> str:
        """The lines of one hit."""
        fields = all_fields(entry, self._history) if everything else printed_fields(entry)
        lines = ["", self._line("file", self._file(entry))]
        for name, values in fields.items():
            searched = MORE_SEARCHED if everything else SEARCHED
            if name == "json_file":
                text = self._highlighted(entry.json_file)
            elif name in searched:
                text = self._list(_matching(values, self._keyword))
            else:
                text = self._highlighted(str(values))
            lines.append(self._line(name, text))
        return "\n".join(lines)

    def _paint(self, text: str, *codes: str) -> str:
        return f"{''.join(codes)}{text}{RESET}" if self._colours else text

    def _line(self, name: str, text: str) -> str:
        return f"{self._paint(name.rjust(FIELD_WIDTH), BOLD, FIELD_COLOUR)} - {text}"

    def _highlighted(self, text: str) -> str:
        if not self._keyword:
            return text
        return text.replace(self._keyword, self._paint(self._keyword, BOLD, ITALIC, HIT_COLOUR))

    def _list(self, values: list[Any]) -> str:
        """The values; of a long list the first ones, and how many there are more."""
        if len(values) <= LONGEST_LIST:
            return self._highlighted(str(values))
        shown = ", ".join(str(value) for value in values[:LONGEST_LIST])
        rest = self._paint(f"{len(values) - LONGEST_LIST} more", REST_COLOUR, UNDERLINE)
        return f"[{self._highlighted(shown)} ... {rest}]"

    def _file(self, entry: Entry) -> str:
        colour = OWNER_COLOUR if self._colours else ""
        owners = " ".join(f"{colour} {commit}" for commit in self._history.newest(entry.file))
        return self._paint(f"{entry.file} {owners}", BOLD)


def as_json(entry: Entry, history: History) -> dict[str, Any]:
    """A hit as JSON: all of its fields, and its last commits."""
    tree = asdict(entry)
    tree["upstream"] = [{"kind": kind, "name": name} for kind, name in entry.upstream]
    tree["commits"] = [asdict(commit) for commit in history.newest(entry.file)]
    return tree
