"""Feature definitions in Python: authoring helpers, the compiler, and the runner of jobs."""

from ai.chronon.dialect import activate as _activate
from ai.chronon.dialect import detect as _detect

# Which dialect the names below this package have is the repository's to say; see `dialect`.
_activate(_detect())
