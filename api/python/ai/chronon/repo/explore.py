"""`explore.py`: searches the compiled definitions of a feature repository, and draws them.

Exit codes: 0, also when nothing was found; 1 for what cannot be read or written; 2 for wrong usage.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import click

from ai.chronon.errors import ChrononError
from ai.chronon.repo.compiled import write_atomically
from ai.chronon.repo.index import Entry, FeatureIndex
from ai.chronon.repo.ownership import Commit, History
from ai.chronon.repo.search import Terminal, as_json, search

USUAL_ROOT_NAMES = ("chronon", "zipline")
HANDLER_PREFIX = "_"


@dataclass(frozen=True)
class Options:
    """How to search and what to print: all kinds and fields, JSON, a picture into a file."""

    everything: bool = False
    json: bool = False
    graph: str | None = None


def _uses_events_without_topic(entry: Entry) -> bool:
    return bool(entry.event_tables) and not entry.event_topics


def _people(commits: Iterable[Commit | None]) -> dict[str, str]:
    """Names to mail addresses, each once, in order."""
    return {commit.author: commit.email for commit in commits if commit is not None}


def events_without_topics(
    index: FeatureIndex, history: History, output_file: str | None = None, exclude_commit_message: str | None = None
) -> None:
    """Lists GroupBys over events that cannot be streamed, with those who made them and those who use them.

    Each row has, separated by tabs: name, producer, whether it is online, its first event table, the
    joins it is a part of (`STANDALONE` if none), consumers. The mail addresses of all of them follow.
    """
    rows = []
    emails: dict[str, None] = {}
    for entry in index.of_kind("group_by"):
        if not _uses_events_without_topic(entry):
            continue
        producers = _people([history.first(entry.json_file, exclude_commit_message)])
        joins = [join for name in entry.joins if (join := index.get("join", name)) is not None]
        consumers = _people(history.first(join.json_file, exclude_commit_message) for join in joins)
        emails.update(dict.fromkeys([*producers.values(), *consumers.values()]))
        producer, consumer = ", ".join(producers), ", ".join(consumers)
        users = ", ".join(entry.joins) or "STANDALONE"
        rows.append("\t".join([entry.name, producer, str(bool(entry.online)), entry.event_tables[0], users, consumer]))
    if output_file:
        write_atomically(os.path.abspath(output_file), "".join(f"{row}\n" for row in rows))
        click.echo(f"Wrote {len(rows)} GroupBys over events without a topic to {output_file}")
    else:
        for row in rows:
            click.echo(row)
    click.echo(",".join(emails))


Handler = Callable[..., None]
HANDLERS: dict[str, tuple[Handler, tuple[str, ...]]] = {
    "_events_without_topics": (events_without_topics, ("output_file", "exclude_commit_message")),
}


def _handler_arguments(keyword: str, words: Iterable[str]) -> dict[str, str]:
    """The `key=value` words after --handler-args, checked against what the handler takes."""
    known = HANDLERS[keyword][1]
    arguments = {}
    for word in words:
        key, separator, value = word.partition("=")
        if not separator:
            raise click.UsageError(f"--handler-args {word!r} is not of the form key=value")
        if key not in known:
            raise click.UsageError(f"--handler-args {word!r}: {keyword} takes {', '.join(known)}")
        arguments[key] = value
    return arguments


def _print_hits(hits: list[Entry], history: History, keyword: str, options: Options) -> None:
    if options.json:
        click.echo(json.dumps([as_json(entry, history) for entry in hits], indent=2))
        return
    terminal = Terminal(keyword, history, colours=_wants_colours())
    for entry in hits:
        click.echo(terminal.hit(entry, everything=options.everything), color=True)
    if not hits:
        click.echo(f"Nothing contains {keyword!r}; case counts, and --all searches more fields and kinds", err=True)


def _wants_colours() -> bool:
    """Whether to use colours: on a terminal, unless NO_COLOR is set; FORCE_COLOR asks for them elsewhere."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def _warn_of_root(root: str) -> None:
    name = os.path.basename(os.path.abspath(root))
    if name not in USUAL_ROOT_NAMES:
        click.echo(
            f"The root of a feature repository is usually named {' or '.join(USUAL_ROOT_NAMES)}; taking {root}",
            err=True,
        )


def explore(keyword: str | None, root: str, arguments: dict[str, str], options: Options) -> None:
    """Does what the command line asks for.

    Raises:
        ChrononError: The repository cannot be read, or the picture not be written.

    """
    index, history = FeatureIndex(root), History(root)
    if options.graph:
        from ai.chronon.repo.graph_page import write_page  # noqa: PLC0415 - only pictures need it

        nodes = write_page(index, options.graph)
        click.echo(f"Drew {nodes} tables and definitions into {options.graph}", err=options.json)
        if keyword is None:
            return
    if keyword is not None and keyword in HANDLERS:
        HANDLERS[keyword][0](index, history, **arguments)
        return
    hits = search(index, history, keyword or "", everything=options.everything)
    _print_hits(hits, history, keyword or "", options)


@click.command(name="explore.py")
@click.argument("keyword", required=False)
@click.argument("more", nargs=-1, metavar="")
@click.option("--conf-root", default=".", show_default=True, help="Root of the feature repository.")
@click.option(
    "--handler-args",
    multiple=True,
    metavar="KEY=VALUE ...",
    help="Arguments of a keyword that names a handler, such as _events_without_topics.",
)
@click.option("--all", "everything", is_flag=True, help="Search every kind of definition and every field.")
@click.option("--json", "json_output", is_flag=True, help="Print what was found as JSON.")
@click.option("--graph", metavar="FILE", type=click.Path(dir_okay=False), help="Draw the repository into an HTML file.")
def main(
    keyword: str | None,
    more: tuple[str, ...],
    conf_root: str,
    handler_args: tuple[str, ...],
    everything: bool,
    json_output: bool,
    graph: str | None,
) -> None:
    """Find definitions whose columns, keys, names, sources or joins contain KEYWORD.

    Without a keyword, --json and --all list all of them.
    """
    words = handler_args + more
    if keyword is None and not (graph or json_output or everything):
        raise click.UsageError("give a keyword to search for, or one of --graph, --json, --all")
    if words and keyword not in HANDLERS:
        raise click.UsageError(f"{' '.join(words)}: only {', '.join(HANDLERS)} takes arguments")
    arguments = _handler_arguments(keyword, words) if keyword in HANDLERS else {}
    if not json_output:
        _warn_of_root(conf_root)
    try:
        explore(keyword, conf_root, arguments, Options(everything, json_output, graph))
    except ChrononError as error:
        click.secho(f"explore.py: {error}", fg="red", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
