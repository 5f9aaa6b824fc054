package ai.chronon.api

/** A row as aggregators and codecs see it: values by position, and the times that decide which windows it is in. */
trait Row {
  def get(index: Int): Any
  def ts: Long
  def length: Int

  /** Whether a mutation takes this row back. */
  def isBefore: Boolean
  def mutationTs: Long

  def getAs[T](index: Int): T = get(index).asInstanceOf[T]

  def values: Array[Any] = (0 until length).map(get).toArray

  override def toString: String =
    s"[${(0 until length).map(i => String.valueOf(get(i))).mkString(", ")}]"
}
