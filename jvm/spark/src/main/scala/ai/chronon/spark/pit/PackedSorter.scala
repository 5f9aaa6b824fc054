package ai.chronon.spark.pit

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.UnsafeRow
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.sql.execution.UnsafeExternalRowSorter
import org.apache.spark.sql.types.StructType
import org.apache.spark.unsafe.Platform
import org.apache.spark.util.collection.unsafe.sort.PrefixComparators

import scala.collection.mutable.ArrayBuffer

/** Sorts the rows of a partition into [[PackedOrder]], spilling to disk like any sort of Spark's.
  *
  * The packed long is the sort's prefix, and Spark sorts by prefix alone with a radix sort, which takes a fraction of the
  * time of comparing rows. What that leaves open, the order of rows whose packed values are equal, is settled on the way
  * out: a run of equal rows is gathered and ordered by `ordering`; a run that is too long for that goes through a second
  * sorter, which compares rows and may spill.
  *
  * @param packed   the packed value of a row
  * @param ordering the complete order of rows, of which that of the packed values is the leading part
  */
private[pit] final class PackedSorter(
    schema: StructType,
    packed: InternalRow => Long,
    ordering: Ordering[InternalRow]
) {

  /** The rows in order. A row handed out is valid until the next one is asked for. */
  def sort(rows: Iterator[InternalRow]): Iterator[InternalRow] =
    if (rows.isEmpty) Iterator.empty
    else new Settled(sorter(byPrefix = true).sort(rows.asInstanceOf[Iterator[UnsafeRow]]))

  private def sorter(byPrefix: Boolean): UnsafeExternalRowSorter = {
    val prefix = new UnsafeExternalRowSorter.PrefixComputer.Prefix
    val prefixes = new UnsafeExternalRowSorter.PrefixComputer {
      override def computePrefix(row: InternalRow): UnsafeExternalRowSorter.PrefixComputer.Prefix = {
        prefix.isNull = false
        prefix.value = packed(row)
        prefix
      }
    }
    SparkInternals.rowSorter(schema, ordering, PrefixComparators.LONG, prefixes, byPrefix)
  }

  /** Puts runs of equal packed values into complete order. */
  private final class Settled(sorted: Iterator[InternalRow]) extends Iterator[InternalRow] {
    private val out = new Slot
    private val ahead = new Slot
    private var hasAhead = sorted.hasNext
    if (hasAhead) ahead.take(sorted.next())
    private var run: Iterator[InternalRow] = Iterator.empty

    override def hasNext: Boolean = run.hasNext || hasAhead

    override def next(): InternalRow =
      if (run.hasNext) run.next()
      else {
        out.swap(ahead)
        readAhead()
        if (hasAhead && ahead.packed == out.packed) {
          run = equalRows()
          run.next()
        } else out.row
      }

    private def readAhead(): Unit = {
      hasAhead = sorted.hasNext
      if (hasAhead) ahead.take(sorted.next())
    }

    /** The run that begins with `out` and `ahead`, in order; leaves the row behind it in `ahead`. */
    private def equalRows(): Iterator[InternalRow] = {
      val gathered = ArrayBuffer[UnsafeRow](out.row.copy())
      while (hasAhead && ahead.packed == out.packed && gathered.length < PackedSorter.LongestRun) {
        gathered += ahead.row.copy()
        readAhead()
      }
      if (!hasAhead || ahead.packed != out.packed) gathered.sorted(ordering).iterator
      else {
        val whole = sorter(byPrefix = false)
        gathered.foreach(whole.insertRow)
        while (hasAhead && ahead.packed == out.packed) {
          whole.insertRow(ahead.row)
          readAhead()
        }
        whole.sort()
      }
    }
  }

  /** A row of our own, because the sorter reuses the one it hands out. */
  private final class Slot {
    private var bytes = new Array[Byte](256)
    var row = new UnsafeRow(schema.length)
    var packed = 0L

    def take(from: InternalRow): Unit = {
      val source = from.asInstanceOf[UnsafeRow]
      val size = source.getSizeInBytes
      if (bytes.length < size) bytes = new Array[Byte](Math.max(size, bytes.length * 2))
      Platform.copyMemory(source.getBaseObject, source.getBaseOffset, bytes, Platform.BYTE_ARRAY_OFFSET, size)
      row.pointTo(bytes, size)
      packed = PackedSorter.this.packed(row)
    }

    def swap(other: Slot): Unit = {
      val (b, r, p) = (bytes, row, packed)
      bytes = other.bytes
      row = other.row
      packed = other.packed
      other.bytes = b
      other.row = r
      other.packed = p
    }
  }
}

private[pit] object PackedSorter {

  /** Rows of one packed value that are put in order in memory. */
  val LongestRun = 4096
}
