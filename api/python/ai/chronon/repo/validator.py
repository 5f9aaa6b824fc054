"""Rules between definitions: a new one against those that are compiled already."""

import re

from ai.chronon.api import ttypes
from ai.chronon.naming import meta_data
from ai.chronon.repo.compiled import CompiledRepository, part_names, parts
from ai.chronon.support import unsupported_uses

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _date_errors(definition: ttypes.GroupBy | ttypes.Join) -> list[str]:
    date = meta_data(definition).deprecationDate
    if date is None or DATE.match(date):
        return []
    return [f"deprecation date {date!r} of {meta_data(definition).name} is not of the form yyyy-MM-dd"]


def _group_by_errors(group_by: ttypes.GroupBy, compiled: CompiledRepository) -> list[str]:
    data = meta_data(group_by)
    joins = [meta_data(join) for join in compiled.joins_with(str(data.name))]
    online = [str(join.name) for join in joins if join.online]
    production = [str(join.name) for join in joins if join.production]
    errors = _date_errors(group_by)
    if online and data.online is False:
        errors.append(f"GroupBy {data.name} is explicitly marked offline, but is part of the online joins {online}")
    if production and data.production is False:
        errors.append(
            f"GroupBy {data.name} is explicitly not production, but is part of the production joins {production}"
        )
    elif production:
        data.production = True
    for source in group_by.sources or []:
        events = source.events
        if events is not None and events.isCumulative and (events.query is None or not events.query.timeColumn):
            errors.append(f"the cumulative source over {events.table!r} of GroupBy {data.name} has no time_column")
    return errors


def _join_errors(join: ttypes.Join, compiled: CompiledRepository) -> list[str]:
    data = meta_data(join)
    errors = _date_errors(join)
    for group_by in parts(join):
        errors += [f"in join {data.name}: {error}" for error in _group_by_errors(group_by, compiled)]
    not_production = [
        name
        for name in part_names(join)
        if name in compiled.group_bys and meta_data(compiled.group_bys[name]).production is False
    ]
    if data.production and not_production:
        errors.append(f"join {data.name} is in production, but includes the non-production GroupBys {not_production}")
    offline = [str(meta_data(group_by).name) for group_by in parts(join) if meta_data(group_by).online is False]
    if data.online and offline:
        errors.append(f"join {data.name} is online, but includes the offline GroupBys {offline}")
    return errors


def validate(definition: ttypes.GroupBy | ttypes.Join, compiled: CompiledRepository) -> list[str]:
    """The rules that a definition breaks, in words; a part of a production join is marked as production on the way."""
    if isinstance(definition, ttypes.Join):
        return _join_errors(definition, compiled)
    return _group_by_errors(definition, compiled)


def unsupported(definition: ttypes.GroupBy | ttypes.Join) -> list[str]:
    """What a definition uses that this version cannot compute yet, in words."""
    return [f"{meta_data(definition).name} uses {use}, not supported yet" for use in unsupported_uses(definition)]
