"""The errors that authors and operators see.

Where the reference raises a plain `AssertionError`, `ValueError` or `KeyError`, ours derives from it
as well, so that code written for the reference keeps catching it.
"""


class ChrononError(Exception):
    """Base of every error that this package raises on purpose."""


class DefinitionError(ChrononError, AssertionError):
    """A definition breaks a rule; the message names the definition, the field, the value and the fix."""


class DefinitionValueError(ChrononError, ValueError):
    """A definition holds a value of the wrong kind or outside of its range."""


class DefinitionTypeError(ChrononError, TypeError):
    """An argument of an authoring function is of the wrong kind."""


class DefinitionIndexError(ChrononError, IndexError):
    """An operation lacks a positional argument."""


class UnknownOperationError(ChrononError, KeyError):
    """An aggregation has an operation that this version does not know."""

    def __str__(self) -> str:
        """The message as it is: `KeyError` would put it in quotes."""
        return str(self.args[0])


class PathError(ChrononError, KeyError):
    """An input path is not in a folder of definitions of the repository."""

    def __str__(self) -> str:
        """The message as it is: `KeyError` would put it in quotes."""
        return str(self.args[0])


class MissingFileError(ChrononError, AssertionError):
    """An input path does not exist, or is no Python file."""


class ImportFailureError(ChrononError):
    """A module of the repository cannot be imported; the message names file, line and reason."""


class CompilationError(ChrononError):
    """Several definitions or files of a run failed; the message has the reason of each."""


class UnsupportedError(ChrononError):
    """Something is asked for that this version does not have; the message names it."""


class TeamsError(ChrononError, ValueError):
    """`teams.json` is missing, cannot be read, or does not know the team."""


class TeamSettingError(ChrononError, KeyError):
    """Neither the team nor the default team in `teams.json` has a setting that is needed."""

    def __str__(self) -> str:
        """The message as it is: `KeyError` would put it in quotes."""
        return str(self.args[0])


class CompiledFileError(ChrononError, ValueError):
    """A compiled file cannot be read back; the message names the file."""
