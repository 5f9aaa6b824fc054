package ai.chronon.online.streaming

import ai.chronon.api._
import ai.chronon.online.{Mutation, StreamDecoder}

/** Messages that are records of named columns.
  *
  * Of an events topic every message is a row. Of an entities topic it is a row too, with `is_before` true if it takes the row back; or,
  * as `change`, it holds what a row was and is in its members `before` and `after`, of which either may be null, and the time of
  * the change in `mutation_ts`. A row without a time of its mutation has that of its `ts`.
  *
  * @param owner    the group-by, for messages
  * @param columns  what rows hold, besides what mutations have
  * @param entities whether rows are mutations
  * @param change   whether messages have `before` and `after`
  */
private[online] final class RecordDecoder(
    owner: String,
    format: RecordFormat,
    columns: Array[StructField],
    entities: Boolean,
    change: Boolean
) extends StreamDecoder {
  import RecordDecoder._

  if (change && !entities) throw new InvalidDefinitionException(
    s"$owner: stream_envelope = change: its source is of events, which nothing takes back: must be row"
  )

  private val fields: Array[StructField] =
    if (!entities) columns
    else columns ++ Constants.MutationFields.filterNot(field => columns.exists(_.name == field.name))

  override val schema: StructType = StructType("Stream", fields)

  private val reversal = fields.indexWhere(_.name == Constants.ReversalColumn)
  private val mutationTime = fields.indexWhere(_.name == Constants.MutationTimeColumn)
  private val time = fields.indexWhere(f => f.name == Constants.TimeColumn && f.fieldType == LongType)

  override def decode(bytes: Array[Byte]): Mutation =
    if (bytes == null) null // a tombstone of a compacted topic says nothing about rows
    else {
      val record = format.parse(bytes)
      if (!entities) Mutation(schema, null, values(record))
      else if (change) changed(record)
      else {
        val row = values(record)
        if (row(reversal) == null) row(reversal) = Boolean.box(false)
        if (row(reversal) == true) Mutation(schema, timed(row), null) else Mutation(schema, null, timed(row))
      }
    }

  private def changed(record: RecordFormat.Members): Mutation = {
    if (!record.has(Before) && !record.has(After)) throw new BadRecordException(
      s"message has neither `$Before` nor `$After`: one of them must hold a row"
    )
    val millis = record.value(Constants.MutationTimeColumn, LongType)
    def side(name: String, takesBack: Boolean): Array[Any] = record.record(name) match {
      case null    => null
      case members =>
        val row = values(members)
        row(reversal) = Boolean.box(takesBack)
        if (millis != null) row(mutationTime) = millis
        timed(row)
    }
    val (before, after) = (side(Before, takesBack = true), side(After, takesBack = false))
    if (before == null && after == null) null else Mutation(schema, before, after)
  }

  private def timed(row: Array[Any]): Array[Any] = {
    if (row(mutationTime) == null && time >= 0) row(mutationTime) = row(time)
    row
  }

  private def values(record: RecordFormat.Members): Array[Any] = {
    val row = new Array[Any](fields.length)
    var i = 0
    while (i < fields.length) {
      row(i) = record.value(fields(i).name, fields(i).fieldType)
      i += 1
    }
    row
  }
}

private[online] object RecordDecoder {
  val Before = "before"
  val After = "after"
}
