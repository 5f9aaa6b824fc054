"""Entity sources that several definitions share."""

from ai.chronon.api.ttypes import EntitySource, Source
from ai.chronon.query import Query, select


def users(mutations=False, **query_arguments):
    query = Query(selects=select("user_id", "country", "age"), **query_arguments)
    if mutations:
        query.timeColumn = "updated_at"
        query.mutationTimeColumn = "mutation_ts"
        query.reversalColumn = "is_before"
    return Source(
        entities=EntitySource(
            snapshotTable="data.users",
            mutationTable="data.users_mutations/hr=00" if mutations else None,
            mutationTopic="users_mutations" if mutations else None,
            query=query,
        )
    )
