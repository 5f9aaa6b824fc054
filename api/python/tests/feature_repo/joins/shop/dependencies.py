"""Dependencies: explicit, with a lag, and equal ones from several parts."""

from group_bys.shop import dependencies, lag, operations_with_arguments, plain_operations
from group_bys.shop import templates as gb_templates
from sources.events import clicks

from ai.chronon.join import Join, JoinPart

explicit = Join(
    left=clicks(),
    right_parts=[JoinPart(group_by=lag.v1), JoinPart(group_by=dependencies.v1)],
    dependencies=["my.table/ds={{ ds }}", "your.table/ds={{ ds }}"],
)
lagging = Join(left=clicks(), right_parts=[JoinPart(group_by=lag.v2), JoinPart(group_by=lag.v1)], lag=1)
equal = Join(
    left=clicks(),
    right_parts=[JoinPart(group_by=plain_operations.v1), JoinPart(group_by=operations_with_arguments.v1)],
)
templates = Join(left=clicks(), right_parts=[JoinPart(group_by=gb_templates.v1)])
