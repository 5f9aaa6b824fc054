package ai.chronon.online.streaming

import ai.chronon.api.DataType

/** How records with named members are written as bytes. */
private[online] trait RecordFormat extends Serializable {

  /** @throws BadRecordException if the bytes are no record of this format */
  def parse(bytes: Array[Byte]): RecordFormat.Members
}

private[online] object RecordFormat {

  /** The members of one record. */
  trait Members {

    /** Whether there is a member of this name, null or not. */
    def has(name: String): Boolean

    /** A member in the Java type of a column, null if it is null or not there.
      *
      * @throws BadRecordException naming the column if it is of another type
      */
    def value(name: String, dataType: DataType): Any

    /** A member that is a record, null if it is null or not there.
      *
      * @throws BadRecordException if it is no record
      */
    def record(name: String): Members
  }

  def wrong(path: String, value: Any, wanted: DataType): Nothing =
    throw new BadRecordException(
      s"column $path = ${BadRecordException.show(value)}: must be ${describe(wanted)}"
    )

  private def describe(wanted: DataType): String = s"a value of type ${DataType.toString(wanted)}, or null"
}
