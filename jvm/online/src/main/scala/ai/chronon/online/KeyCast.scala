package ai.chronon.online

import ai.chronon.api._

import scala.util.Try

/** Key values in the type of their column: requests come from JSON, where numbers are what they look like. */
private[online] object KeyCast {

  /** The value in the type.
    *
    * @throws java.lang.IllegalArgumentException if it has no such value; the message names neither column nor request
    */
  def castTo(value: AnyRef, dataType: DataType): AnyRef = (value, dataType) match {
    case (null, _)                     => null
    case (_: java.lang.Long, LongType) => value
    case (number: Number, LongType)    => Long.box(number.longValue)
    case (number: Number, IntType)     => Int.box(whole(number, Int.MinValue, Int.MaxValue, dataType).toInt)
    case (number: Number, ShortType)   =>
      Short.box(whole(number, Short.MinValue, Short.MaxValue, dataType).toShort)
    case (number: Number, ByteType) => Byte.box(whole(number, Byte.MinValue, Byte.MaxValue, dataType).toByte)
    case (number: Number, DoubleType)        => Double.box(number.doubleValue)
    case (number: Number, FloatType)         => Float.box(number.floatValue)
    case (_, StringType)                     => value.toString
    case (text: CharSequence, LongType)      => parsed(text, dataType)(t => Long.box(t.toLong))
    case (text: CharSequence, IntType)       => parsed(text, dataType)(t => Int.box(t.toInt))
    case (text: CharSequence, ShortType)     => parsed(text, dataType)(t => Short.box(t.toShort))
    case (text: CharSequence, ByteType)      => parsed(text, dataType)(t => Byte.box(t.toByte))
    case (text: CharSequence, DoubleType)    => parsed(text, dataType)(t => Double.box(t.toDouble))
    case (text: CharSequence, FloatType)     => parsed(text, dataType)(t => Float.box(t.toFloat))
    case (text: CharSequence, BooleanType)   => parsed(text, dataType)(t => Boolean.box(t.toBoolean))
    case (_: java.lang.Boolean, BooleanType) => value
    case (_, LongType | IntType | ShortType | ByteType | DoubleType | FloatType | BooleanType) =>
      throw mismatch(value, dataType)
    case _ => value // binary, nested: the writer says what it cannot take
  }

  private def whole(number: Number, least: Long, most: Long, dataType: DataType): Long = {
    val result = number.longValue
    if (result < least || result > most) throw mismatch(number, dataType)
    result
  }

  private def parsed(text: CharSequence, dataType: DataType)(parse: String => AnyRef): AnyRef =
    Try(parse(text.toString)).getOrElse(throw mismatch(text, dataType))

  private def mismatch(value: AnyRef, dataType: DataType) = new IllegalArgumentException(
    s"value `$value` of class ${value.getClass.getName} is no ${DataType.toString(dataType)}"
  )
}
