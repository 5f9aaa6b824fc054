"""External parts of a join as batch jobs see them: a part over the GroupBy that stands in for the service."""

from ai.chronon.api import ttypes
from ai.chronon.naming import sanitize


class ExternalJoinPart(ttypes.JoinPart):
    """A part whose columns and table begin with `ext_`, its prefix and the name of the external source."""

    def __init__(self, join_part: ttypes.JoinPart, full_prefix: str) -> None:
        """Takes the part over the GroupBy that stands in, and what its names begin with."""
        super().__init__(groupBy=join_part.groupBy, keyMapping=join_part.keyMapping, prefix=join_part.prefix)
        self.join_part = join_part
        self.full_prefix = full_prefix

    @staticmethod
    def from_external_part(external_part: ttypes.ExternalPart) -> "ExternalJoinPart | None":
        """The part for batch jobs, or `None` when no GroupBy stands in for the source."""
        source = external_part.source
        if source is None or source.offlineGroupBy is None:
            return None
        join_part = ttypes.JoinPart(source.offlineGroupBy, external_part.keyMapping, external_part.prefix)
        return ExternalJoinPart(join_part, external_full_name(external_part))


def external_full_name(external_part: ttypes.ExternalPart) -> str:
    """What the columns of an external part begin with: `ext_[<prefix>_]<source>`."""
    metadata = external_part.source.metadata if external_part.source is not None else None
    name = sanitize(metadata.name) if metadata is not None else None
    prefix = f"{external_part.prefix}_" if external_part.prefix else ""
    return f"ext_{prefix}{name}"
