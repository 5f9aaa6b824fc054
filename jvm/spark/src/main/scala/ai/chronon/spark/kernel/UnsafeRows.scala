package ai.chronon.spark.kernel

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Attribute, UnsafeProjection, UnsafeRow}

/** Rows of these columns as `UnsafeRow`s, which nearly all are already; the projection for others is code to compile, so it
  * is made when it is needed.
  */
private[spark] final class UnsafeRows(columns: Seq[Attribute]) extends (InternalRow => UnsafeRow) {
  private lazy val projection = UnsafeProjection.create(columns, columns)

  /** The row itself if it is one; else a row that is valid until the next call. */
  override def apply(row: InternalRow): UnsafeRow = row match {
    case already: UnsafeRow => already
    case other              => projection(other)
  }
}
