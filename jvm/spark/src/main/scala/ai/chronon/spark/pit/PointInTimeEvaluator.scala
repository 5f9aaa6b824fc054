package ai.chronon.spark.pit

import ai.chronon.jni.PointInTimeSession
import org.apache.spark.TaskContext
import org.apache.spark.sql.catalyst.{InternalRow, ProjectingInternalRow}
import org.apache.spark.sql.catalyst.expressions.{
  Attribute,
  Expression,
  GenericInternalRow,
  JoinedRow,
  RowOrdering,
  SortOrder,
  UnsafeProjection,
  UnsafeRow
}
import org.apache.spark.sql.catalyst.types.DataTypeUtils
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.sql.execution.metric.SQLMetric
import org.apache.spark.sql.types.StructType

import java.nio.ByteBuffer
import scala.collection.mutable.ArrayBuffer

/** The operator's metrics, in the order in which the UI shows them. */
private[pit] final case class PointInTimeMetrics(
    outputRows: SQLMetric,
    leftRows: SQLMetric,
    rightRows: SQLMetric,
    events: SQLMetric,
    encodeTime: SQLMetric,
    nativeTime: SQLMetric,
    decodeTime: SQLMetric,
    nativeBytes: SQLMetric
)

/** Everything a task needs to evaluate one partition; serializable. */
private[pit] final class PointInTimeEvaluatorFactory(
    leftOutput: Seq[Attribute],
    rightOutput: Seq[Attribute],
    leftKeys: Seq[Expression],
    leftPacked: Expression,
    queryTime: Expression,
    rightKeys: Seq[Expression],
    rightPacked: Expression,
    rightTime: Expression,
    rightInputs: Seq[Expression],
    rightOrder: Seq[SortOrder],
    plan: NativePlan,
    features: Seq[Attribute],
    metrics: PointInTimeMetrics
) extends Serializable {

  /** An evaluator for the running task. */
  def evaluator(): PointInTimeEvaluator = {
    val packed = UnsafeProjection.create(Seq(rightPacked), rightOutput)
    val packedOf = (row: InternalRow) => packed(row).getLong(0)
    val ordering = RowOrdering.create(rightOrder, rightOutput)
    new PointInTimeEvaluator(
      plan,
      UnsafeProjection.create(leftKeys, leftOutput),
      UnsafeProjection.create(Seq(leftPacked, queryTime), leftOutput),
      UnsafeProjection.create(rightKeys, rightOutput),
      packedOf,
      new PackedSorter(DataTypeUtils.fromAttributes(rightOutput), packedOf, ordering),
      ordinal(rightTime),
      ProjectingInternalRow(plan.inputs, rightInputs.map(ordinal).toIndexedSeq),
      UnsafeProjection.create(leftOutput ++ features, leftOutput ++ features),
      metrics
    )
  }

  private def ordinal(attribute: Expression): Int = rightOutput.indexWhere(_.semanticEquals(attribute))
}

/** Streams one partition whose sides are in [[PackedOrder]]. Takes a batch of left rows, sends their (group, query time)
  * pairs, then every right row that one of them, or a later one of the same bucket, can see; then reads the features back
  * and puts them beside the left rows.
  *
  * A native session wants one key after the other. Keys that share a bucket are interleaved, so each gets a lane, which is
  * a session of its own; the first key of every bucket goes to lane 0, and nearly always there is no other.
  */
private[pit] final class PointInTimeEvaluator(
    plan: NativePlan,
    leftKey: UnsafeProjection,
    leftTimes: UnsafeProjection,
    rightKey: UnsafeProjection,
    rightPacked: InternalRow => Long,
    rightSorter: PackedSorter,
    rightTime: Int,
    rightInputs: ProjectingInternalRow,
    result: UnsafeProjection,
    metrics: PointInTimeMetrics
) {
  import PointInTimeEvaluator._

  def run(leftRows: Iterator[InternalRow], rightRows: Iterator[InternalRow]): Iterator[InternalRow] =
    if (leftRows.hasNext) new Features(leftRows, rightRows) else Iterator.empty

  /** The output rows; native resources are released when the task ends. */
  private final class Features(leftRows: Iterator[InternalRow], rightRows: Iterator[InternalRow])
      extends Iterator[InternalRow] {
    private val allocator = SparkInternals.allocator(s"point-in-time ${plan.definition}")
    private val nativePlan = plan.open()
    private val memory = new NativeMemory(SparkInternals.taskMemoryManager(), plan.definition)
    private val lanes = new ArrayBuffer[Lane]
    TaskContext.get().addTaskCompletionListener[Unit](_ => close())

    private val batch = new ArrayBuffer[UnsafeRow](BatchRows)
    private val laneOf = new Array[Int](BatchRows)
    private val groups = new Groups
    private val right = new RightCursor(rightSorter.sort(rightRows))
    private val joined = new JoinedRow()
    private val nothing = new GenericInternalRow(plan.outputs.length)
    private var batchRow = 0
    private var peak = 0L

    override def hasNext: Boolean = batchRow < batch.length || leftRows.hasNext

    override def next(): InternalRow = {
      if (batchRow == batch.length) computeBatch()
      val lane = laneOf(batchRow)
      val features = if (lane == NoLane) nothing else lanes(lane).answers.next()
      val row = result(joined(batch(batchRow), features))
      batchRow += 1
      row
    }

    private def computeBatch(): Unit = {
      readLeft()
      readRight()
      lanes.foreach(_.answer())
      metrics.outputRows += batch.length
      batchRow = 0
    }

    /** Fills the batch and its queries. */
    private def readLeft(): Unit = {
      val started = System.nanoTime()
      batch.clear()
      groups.nextBatch()
      while (batch.length < BatchRows && leftRows.hasNext) {
        val row = leftRows.next().asInstanceOf[UnsafeRow]
        val key = leftKey(row)
        val times = leftTimes(row)
        laneOf(batch.length) =
          if (key.anyNull() || times.isNullAt(1)) NoLane
          else {
            val millis = times.getLong(1)
            val group = groups.query(PackedOrder.bucket(times.getLong(0)), key, millis)
            lane(groups.lane(group)).queries.writeHeader(groups.number(group), millis)
            groups.lane(group)
          }
        batch += row.copy()
      }
      metrics.leftRows += batch.length
      metrics.encodeTime += System.nanoTime() - started
    }

    /** Sends the right rows that matter now; leaves the cursor on the first one that belongs to a later batch. */
    private def readRight(): Unit = {
      val bucketGoesOn = leftRows.hasNext
      val started = System.nanoTime()
      val inside = metrics.nativeTime.value
      while (right.hasRow && groups.reaches(right.key, right.bucket, right.millis, bucketGoesOn)) {
        val group = groups.current
        if (group >= 0) lane(groups.lane(group)).event(groups.number(group), right.millis)
        right.advance()
      }
      metrics.encodeTime += System.nanoTime() - started - (metrics.nativeTime.value - inside)
    }

    private def lane(index: Int): Lane = {
      while (lanes.length <= index) lanes += new Lane
      lanes(index)
    }

    private def close(): Unit = {
      metrics.nativeBytes.set(peak)
      lanes.foreach(_.close())
      nativePlan.close()
      allocator.close()
      memory.release()
    }

    /** A native session with the frames that go in and out of it. */
    private final class Lane {
      val queries = new ArrowFrameWriter(new StructType(), BatchRows, allocator)
      private val events = new ArrowFrameWriter(plan.inputs, BatchRows, allocator)
      private val reader = new ArrowFrameReader(plan.outputs, allocator)
      private val session = PointInTimeSession.open(nativePlan)
      private var asked = false
      private var held = 0L

      /** The features of this batch's queries, in their order. */
      var answers: java.util.Iterator[InternalRow] = java.util.Collections.emptyIterator()

      /** Adds the current right row. */
      def event(number: Int, millis: Long): Unit = {
        events.write(number, millis, rightInputs)
        if (events.size == BatchRows) send()
      }

      def answer(): Unit = {
        send()
        val started = System.nanoTime()
        val message = session.next()
        val answered = System.nanoTime()
        answers = reader.read(message).rowIterator()
        metrics.nativeTime += answered - started
        metrics.decodeTime += System.nanoTime() - answered
        asked = false
      }

      /** Sends the events gathered so far, after the queries they are for. */
      private def send(): Unit = {
        if (!asked) {
          call(queries, session.queries)
          asked = true
        }
        if (events.size > 0) {
          metrics.events += events.size
          call(events, session.events)
        }
      }

      private def call(frame: ArrowFrameWriter, native: (ByteBuffer, Int) => Long): Unit = {
        val message = frame.finish()
        val started = System.nanoTime()
        val now = native(message, message.limit())
        metrics.nativeTime += System.nanoTime() - started
        frame.reset()
        held = now
        val all = lanes.iterator.map(_.heldBytes).sum
        peak = Math.max(peak, all)
        memory.hold(all)
      }

      def heldBytes: Long = held

      def close(): Unit = {
        session.close()
        queries.close()
        events.close()
        reader.close()
      }
    }
  }

  /** The right rows, one at a time; rows with a null in any key are passed over. */
  private final class RightCursor(rows: Iterator[InternalRow]) {
    private var row: InternalRow = _
    var key: UnsafeRow = _
    var millis: Long = 0L
    advance()

    def hasRow: Boolean = row != null

    /** Asked only where the key changes, because it hashes. */
    def bucket: () => Int = bucketOf

    private val bucketOf = () => PackedOrder.bucket(rightPacked(row))

    /** Moves on, and lets `rightInputs` look at the new row. */
    def advance(): Unit = {
      row = null
      while (row == null && rows.hasNext) {
        val candidate = rows.next()
        metrics.rightRows += 1
        key = rightKey(candidate)
        if (!key.anyNull()) {
          if (candidate.isNullAt(rightTime)) throw new IllegalArgumentException(
            s"group-by ${plan.definition}: the time column is null in a row; keep only rows with a time by a where " +
              "clause such as `ts IS NOT NULL`, or mend the expression of the time column"
          )
          row = candidate
          millis = candidate.getLong(rightTime)
          rightInputs.project(candidate)
        }
      }
    }
  }
}

private[pit] object PointInTimeEvaluator {

  /** Rows per batch on either side: large enough that the boundary costs nothing, small enough to stay in cache. */
  private val BatchRows = 8192

  /** Marks a left row with a null key or query time: nothing can match it. */
  private val NoLane = -1
}
