package ai.chronon.spark.catalog

/** A table as definitions write it: `db.table`, or `db.table/system=mobile/currency=USD`, where what follows the slash
  * narrows partition discovery (first, last, holes) and never the data that is scanned.
  */
final case class TableReference(table: String, filters: Map[String, String])

object TableReference {
  def parse(text: String): TableReference = text.split('/').toList match {
    case table :: filters =>
      TableReference(
        table,
        filters.map { filter =>
          filter.split("=", 2) match {
            case Array(key, value) if key.nonEmpty => key -> value
            case _                                 =>
              throw new IllegalArgumentException(
                s"table $text: `$filter` is not a sub-partition filter; write key=value"
              )
          }
        }.toMap
      )
    case Nil => TableReference(text, Map.empty)
  }
}
