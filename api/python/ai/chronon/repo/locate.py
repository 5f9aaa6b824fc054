"""Where in the source files definitions stand, and where errors come from."""

import ast
import os
import traceback
from functools import lru_cache

from ai.chronon.naming import Definition, meta_data
from ai.chronon.repo.compiled import folder_of

Place = tuple[int, int, str]


@lru_cache(maxsize=1024)
def _assignments(path: str) -> tuple[Place, ...]:
    """First line, last line and variable of every assignment at the top of a file; none if it cannot be parsed."""
    try:
        with open(path, "rb") as file:
            body = ast.parse(file.read()).body
    except (OSError, SyntaxError, ValueError):
        return ()
    places = []
    for statement in body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            places += [
                (statement.lineno, statement.end_lineno or statement.lineno, name.id)
                for target in targets
                for name in ast.walk(target)
                if isinstance(name, ast.Name)
            ]
    return tuple(places)


def definition_place(root: str, definition: Definition) -> str:
    """File, line and variable of a definition: `group_bys/team/file.py:12 (v1)`; its name if there is no such file."""
    name = str(meta_data(definition).name)
    module, _, variable = name.rpartition(".")
    relative = os.path.join(folder_of(definition), *module.split(".")) + ".py"
    if not os.path.isfile(os.path.join(root, relative)):
        return name
    lines = [first for first, _, target in _assignments(os.path.join(root, relative)) if target == variable]
    line = f":{lines[-1]}" if lines else ""
    return f"{relative}{line} ({variable})"


def error_place(root: str, error: BaseException) -> str | None:
    """File, line and variable of the statement of a module that an error was raised under.

    Where that statement called a function of the repository, the line in that function follows.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(root + os.sep)]
    statements = [frame for frame in frames if frame.name == "<module>"]
    if not frames or not statements:
        return None
    statement, innermost = statements[-1], frames[-1]
    line = statement.lineno or 0
    around = [target for first, last, target in _assignments(statement.filename) if first <= line <= last]
    place = f"{os.path.relpath(statement.filename, root)}:{line}" + (f" ({around[0]})" if around else "")
    if innermost is statement:
        return place
    return f"{place}, in {os.path.relpath(innermost.filename, root)}:{innermost.lineno}"


def import_chain(root: str, error: BaseException) -> list[str]:
    """The files of the repository that were being imported when an error was raised, outermost first."""
    files = [
        os.path.relpath(frame.filename, root)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(root + os.sep) and frame.name == "<module>"
    ]
    return list(dict.fromkeys(files))
