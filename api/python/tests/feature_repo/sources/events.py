"""Event sources that several definitions share."""

from ai.chronon.api.ttypes import EventSource, Source
from ai.chronon.query import Query, select


def clicks(**query_arguments):
    """A fresh source for each call: a GroupBy adds columns to the query that it is given."""
    arguments = {"selects": select("user_id", "item_id", price="cast(price as double)"), "time_column": "ts"}
    return Source(events=EventSource(table="data.clicks", query=Query(**{**arguments, **query_arguments})))


def streamed_clicks(**query_arguments):
    source = clicks(**query_arguments)
    source.events.topic = "clicks/serde=json"
    return source
