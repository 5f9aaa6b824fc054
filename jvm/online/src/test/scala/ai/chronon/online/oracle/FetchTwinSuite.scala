package ai.chronon.online.oracle

import ai.chronon.api._
import ai.chronon.jni.{PartitionJoin, Plan}
import ai.chronon.online.KernelTypes
import ai.chronon.online.derive.SparkTypes
import com.fasterxml.jackson.databind.ObjectMapper
import org.apache.spark.sql.catalyst.CatalystTypeConverters
import org.apache.spark.sql.catalyst.expressions.UnsafeRow
import org.scalatest.funsuite.AnyFunSuite

import java.nio.{ByteBuffer, ByteOrder}
import java.util
import scala.collection.JavaConverters._
import scala.collection.mutable.ArrayBuffer
import scala.util.Random

/** What is fetched at a moment is what the training row of that moment has: the same events go through the operator of the upload
  * as far as the batch reaches and through the store behind it, and all of them through the operator of the join.
  */
class FetchTwinSuite extends AnyFunSuite {
  import RandomDefinitions._

  private val seed = sys.env.get("CHRONON_TEST_SEED").map(_.toLong).getOrElse(20240317L)
  private val rounds = sys.env.get("CHRONON_TEST_ROUNDS").map(_.toInt).getOrElse(12)
  private val Questions = 40

  test("random temporal group-bys: fetched features are those of the training rows") {
    val side = new FetchWorld
    try for (round <- 0 until rounds) withClue(s"CHRONON_TEST_SEED=$seed, round $round: ") {
        compare(side, new Random(seed * 1009 + round), s"team.twin_$round.v1")
      }
    finally side("close", Array())
  }

  private def compare(side: FetchWorld, random: Random, name: String): Unit = {
    val data = new StoredData(random, "temporal_events", name, ours = true)
    // With fewer places than values its sketch forgets, and what it forgets depends on what was merged with what.
    data.groupBy.getAggregations.asScala.filter(_.getOperation == Operation.APPROX_HISTOGRAM_K)
      .foreach(_.getArgMap.put("k", "100"))
    val events = data.storeHistory(side)
    val questions = Seq.fill(Questions)((keyValues(random, data.keyFields), queryMillis(random)))
    val requests = list(questions.map { case (keys, millis) =>
      Array[AnyRef](
        name.replaceFirst("\\.", "/"),
        new util.HashMap[String, AnyRef](keys.asJava),
        Long.box(millis)
      )
    })
    val fetched = side("fetchGroupBys", Array(requests)).asInstanceOf[util.List[Array[AnyRef]]].asScala.map {
      case Array(_, values) => Values.comparable(values).asInstanceOf[Map[String, Any]]
    }
    val trained = trainingRows(data, events, questions)
    for (i <- questions.indices) withClue(s"${questions(i)}, ${ThriftJsonCodec.toJsonStr(data.groupBy)}: ") {
      // A key without any event has no features; its training row has nulls.
      val features = Option(fetched(i)).getOrElse(trained(i).map { case (feature, _) => feature -> null })
      assert(features.keySet == trained(i).keySet)
      features.foreach { case (feature, value) =>
        assert(
          Values.same(value, trained(i)(feature)),
          s"$feature: fetched $value, the training row has ${trained(i)(feature)}"
        )
      }
    }
  }

  private def trainingRows(
      data: StoredData,
      events: Seq[StoredData.Event],
      questions: Seq[(Map[String, AnyRef], Long)]
  ): Seq[Map[String, Any]] = {
    val time = StructField("ts", LongType)
    val number = StructField("number", LongType)
    val plan = KernelUpload.open(data.groupBy, data.writtenFields)
    try {
      val variable = data.keyFields.map(_.fieldType == StringType)
      val join = PartitionJoin.open(
        plan,
        s"""{"variable_keys":${variable.mkString("[", ",", "]")},"left_columns":1,"left_variable":[]}"""
      )
      try {
        val event = KernelUpload.projection((data.keyFields :+ time) ++ data.writtenFields)
        events.foreach { e =>
          val record =
            KernelUpload.frame(event((data.keyFields.map(k => e.keys(k.name)) :+ e.millis) ++ e.values))
          join.right(record, record.limit())
        }
        val head = KernelUpload.projection(data.keyFields :+ time)
        val row = KernelUpload.projection(Seq(number))
        questions.zipWithIndex.foreach { case ((keys, millis), i) =>
          val asked = head(data.keyFields.map(k => keys(k.name)) :+ millis).getBytes
          val left = row(Seq(i.toLong)).getBytes
          val record =
            ByteBuffer.allocateDirect(8 + asked.length + left.length).order(ByteOrder.LITTLE_ENDIAN)
          record.putInt(asked.length).putInt(left.length).put(asked).put(left).flip()
          join.left(record, record.limit())
        }
        rows(join, plan)
      } finally join.close()
    } finally plan.close()
  }

  private def rows(join: PartitionJoin, plan: Plan): Seq[Map[String, Any]] = {
    val outputs = KernelTypes.parseColumns(new ObjectMapper().readTree(plan.describe()).get("outputs"))
    val types = outputs.map(output => SparkTypes.toSpark(output.fieldType))
    val converters = types.map(CatalystTypeConverters.createToScalaConverter)
    val result = ArrayBuffer.empty[(Long, Map[String, Any])]
    Iterator.continually(join.next()).takeWhile(_ != null).foreach { frame =>
      frame.order(ByteOrder.LITTLE_ENDIAN)
      while (frame.hasRemaining) {
        val bytes = new Array[Byte](frame.getLong().toInt)
        frame.get(bytes)
        val row = new UnsafeRow(1 + outputs.length)
        row.pointTo(bytes, bytes.length)
        result += row.getLong(0) -> outputs.indices.map { i =>
          outputs(i).name -> plain(converters(i)(row.get(i + 1, types(i))))
        }.toMap
      }
    }
    result.sortBy(_._1).map(_._2).toSeq
  }

  private def plain(value: Any): Any = value match {
    case map: scala.collection.Map[_, _] => map.map { case (k, v) => k -> plain(v) }.toMap
    case all: scala.collection.Seq[_]    => all.map(plain).toList
    case other                           => other
  }
}
