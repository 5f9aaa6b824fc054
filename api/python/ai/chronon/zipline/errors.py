"""Errors that only the zipline dialect raises; the others are those of `ai.chronon.errors`."""

from ai.chronon.errors import ChrononError


class DefinitionTypeError(ChrononError, TypeError):
    """An argument of an authoring function is of a type that has no meaning there."""
