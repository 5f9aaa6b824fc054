package ai.chronon.online.streaming

import ai.chronon.api._
import ai.chronon.online.KVStore.PutRequest
import ai.chronon.online.{GroupByServingInfoParsed, Mutation, StreamDecoder}

/** From a message of a group-by's topic to what the store gets. Knows no engine: whatever reads the topic calls it for each message.
  *
  * @param groupBy the definition that says what is selected and filtered
  * @param info    what its upload says about stored schemas
  */
private[online] final class StreamedRows(
    groupBy: GroupBy,
    info: GroupByServingInfoParsed,
    decoder: StreamDecoder
) {
  private val owner = s"group-by ${TableNames.name(groupBy.getMetaData)}"

  /** Where the messages come from. */
  val source: StreamedSource = StreamedSource.of(groupBy)

  private val keys = scala.collection.JavaConverters.asScalaBuffer(groupBy.getKeyColumns)
  private val query =
    new RowQuery(owner, new StreamQuery(source.query, keys, source.dataModel), decoder.schema)
  private val encoder = new RowEncoder(info, query.outputSchema)

  /** The rows of one message. An update gives what the row is now, then what it was; a message that changes nothing gives none.
    *
    * @throws BadRecordException if the message is no row, or has a value that cannot be evaluated or written: none of it is used then
    */
  def puts(message: Array[Byte]): Seq[PutRequest] =
    try Option(decoder.decode(message)).filterNot(isNoChange).toSeq.flatMap { mutation =>
        Seq(mutation.after, mutation.before).filter(_ != null).flatMap(row => query(row)).map(row =>
          encoder(row)
        )
      }
    catch {
      case e: BadRecordException => throw e
      case e: Exception          => throw new BadRecordException(s"message cannot be evaluated: $e", e)
    }

  private def isNoChange(mutation: Mutation): Boolean =
    mutation.before != null && mutation.after != null && equalRows(mutation.before, mutation.after)

  // The flag tells the two apart, and is no change of the row.
  private def equalRows(before: Array[Any], after: Array[Any]): Boolean = {
    val reversal = decoder.schema.fields.indexWhere(_.name == Constants.ReversalColumn)
    before.length == after.length && before.indices.forall(i => i == reversal || same(before(i), after(i)))
  }

  private def same(a: Any, b: Any): Boolean = (a, b) match {
    case (x: Array[_], y: Array[_]) =>
      x.length == y.length && x.indices.forall(i => same(x(i), y(i)))
    case _ => a == b
  }
}
