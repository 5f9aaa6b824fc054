package ai.chronon.online.streaming

import ai.chronon.api._
import ai.chronon.online.GroupByServingInfoParsed
import ai.chronon.online.KVStore.PutRequest
import ai.chronon.online.serde.{AvroCodec, AvroConversions}
import org.apache.avro.generic.GenericRecord

/** A streamed row as what the store gets: the key's bytes, the bytes of the columns that are aggregated, dataset and time.
  *
  * Of a mutation the value ends with `ts` and `is_before`, and the time is that of the mutation.
  *
  * @param columns what the query gives
  * @throws ai.chronon.api.InvalidDefinitionException if the uploaded group-by has a column that the query does not give, or not in
  *                                                   a type that fits
  */
private[online] final class RowEncoder(info: GroupByServingInfoParsed, columns: Seq[StructField]) {
  private val owner = s"group-by ${TableNames.name(info.groupBy.getMetaData)}"
  private val mutations = Sources.dataModel(info.groupBy: GroupBy) == DataModel.Entities
  private val valueSchema = if (mutations) info.mutationValueChrononSchema else info.valueChrononSchema
  private val time = if (mutations) Constants.MutationTimeColumn else Constants.TimeColumn
  private val dataset = TableNames.streamingDataset(info.groupBy)

  if (info.isTilingEnabled) throw new InvalidDefinitionException(
    s"$owner: customJson enable_tiling = true: its stored values are tiles, and this job writes rows, which a fetch would misread"
  )
  checkTypes(info.keyChrononSchema.fields.toSeq ++
    valueSchema.fields.filterNot(_.name == Constants.ReversalColumn))
  columns.find(_.name == time) match {
    case Some(StructField(_, LongType | IntType | ShortType | ByteType | DoubleType | FloatType)) => ()
    case other => throw new InvalidDefinitionException(
        s"$owner: the streamed source's column $time is ${other.fold("not there")(f =>
            s"of type ${DataType.toString(f.fieldType)}"
          )}: " +
          "must be a number of milliseconds since 1970"
      )
  }

  private val key = new Record(info.keyChrononSchema)
  private val value = new Record(valueSchema)

  /** @param row the columns by name
    * @throws BadRecordException if a value of the row cannot be written
    */
  def apply(row: Map[String, AnyRef]): PutRequest =
    PutRequest(key.encode(row), value.encode(row), dataset, Some(millis(row)))

  private def millis(row: Map[String, AnyRef]): Long = row(time) match {
    case number: Number => number.longValue
    case other          =>
      throw new BadRecordException(s"column $time = $other: must be a number of milliseconds since 1970")
  }

  private final class Record(schema: StructType) {
    private val codec = AvroCodec.of(AvroConversions.fromChrononSchema(schema).toString())

    def encode(row: Map[String, AnyRef]): Array[Byte] = {
      val values =
        schema.fields.map(field => row.getOrElse(AvroConversions.cleanSuffix(field.name), null): Any)
      try codec.encodeBinary(AvroConversions.fromChrononRow(
          values,
          schema,
          codec.schema
        ).asInstanceOf[GenericRecord])
      catch {
        case e: RuntimeException =>
          val shown = schema.fields.map(_.name).zip(values).map { case (n, v) =>
            s"$n = ${BadRecordException.show(v)}"
          }
          throw new BadRecordException(
            s"columns ${shown.mkString(", ")}: cannot be written: ${e.getMessage}",
            e
          )
      }
    }
  }

  private def checkTypes(stored: Seq[StructField]): Unit = stored.foreach { field =>
    val name = AvroConversions.cleanSuffix(field.name)
    val streamed = columns.find(_.name == name)
    if (!streamed.exists(column => RowEncoder.fits(column.fieldType, field.fieldType)))
      throw new InvalidDefinitionException(
        s"$owner: column $name of its upload is of type ${DataType.toString(field.fieldType)}, and its streamed source gives " +
          streamed.fold("no such column")(column => DataType.toString(column.fieldType)) +
          ": both must be of one type; upload it again, or cast the column in the query"
      )
  }
}

private[online] object RowEncoder {
  private val Whole = Seq[DataType](ByteType, ShortType, IntType, LongType)
  private val Floating = Seq[DataType](FloatType, DoubleType)

  /** Whether every value of a type can be written where another is stored: the same, or a wider number of its kind. */
  private def fits(streamed: DataType, stored: DataType): Boolean = (streamed, stored) match {
    case (ListType(a), ListType(b))              => fits(a, b)
    case (MapType(_, a), MapType(StringType, b)) => fits(a, b)
    case (StructType(_, a), StructType(_, b))    =>
      a.length == b.length && a.zip(b).forall { case (x, y) => fits(x.fieldType, y.fieldType) }
    case (a, b) =>
      def widens(kind: Seq[DataType]) = kind.contains(a) && kind.indexOf(a) <= kind.indexOf(b)
      a == b || widens(Whole) || widens(Floating)
  }
}
