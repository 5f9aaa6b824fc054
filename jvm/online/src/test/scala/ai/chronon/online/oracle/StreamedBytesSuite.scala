package ai.chronon.online.oracle

import ai.chronon.api._
import ai.chronon.online.OracleJars
import ai.chronon.online.streaming.{StreamSettings, Streamed, StreamedRows}
import com.fasterxml.jackson.databind.ObjectMapper
import org.scalatest.funsuite.AnyFunSuite

import java.nio.charset.StandardCharsets.UTF_8
import java.util
import scala.util.Random

/** Streamed rows of every type that the reference's encoder can write, which are all but bytes and shorts: key and value bytes are those that the reference's encoder of rows gives for the same values. */
class StreamedBytesSuite extends AnyFunSuite {
  private val seed = sys.env.get("CHRONON_TEST_SEED").map(_.toLong).getOrElse(20240317L)

  private val types: Seq[(String, DataType)] = Seq(
    "a_bool" -> BooleanType,
    "an_int" -> IntType,
    "a_long" -> LongType,
    "a_float" -> FloatType,
    "a_double" -> DoubleType,
    "a_string" -> StringType,
    "a_binary" -> BinaryType,
    "a_list" -> ListType(LongType),
    "a_map" -> MapType(StringType, DoubleType),
    "a_struct" -> StructType("AStruct", Array(StructField("x", LongType), StructField("y", StringType)))
  )
  private val keys = Seq("key_long" -> LongType, "key_string" -> StringType)

  private def value(random: Random, dataType: DataType): AnyRef = dataType match {
    case BooleanType       => Boolean.box(random.nextBoolean())
    case ByteType          => Byte.box(random.nextInt().toByte)
    case ShortType         => Short.box(random.nextInt().toShort)
    case IntType           => Int.box(random.nextInt())
    case LongType          => Long.box(random.nextLong() >> random.nextInt(64))
    case FloatType         => Float.box(random.nextFloat())
    case DoubleType        => Double.box(random.nextGaussian())
    case StringType        => "ünï" + random.nextInt(100)
    case BinaryType        => Array.fill(random.nextInt(4))(random.nextInt().toByte)
    case ListType(element) => Streamed.list(Seq.fill(random.nextInt(3))(value(random, element)): _*)
    // One entry: the order of more is the hash map's.
    case MapType(_, inner)     => util.Collections.singletonMap("k", value(random, inner))
    case StructType(_, fields) =>
      fields.map(f => if (random.nextInt(4) == 0) null else value(random, f.fieldType): Any)
    case other => throw new IllegalArgumentException(other.toString)
  }

  /** As Jackson writes it: bytes as Base64; a struct as an object. */
  private def json(value: AnyRef, dataType: DataType): AnyRef = (value, dataType) match {
    case (members: Array[Any], StructType(_, fields)) =>
      val result = new util.LinkedHashMap[String, AnyRef]
      fields.zip(members).foreach { case (f, m) =>
        result.put(f.name, json(m.asInstanceOf[AnyRef], f.fieldType))
      }
      result
    case (other, _) => other
  }

  for (mutations <- Seq(false, true)) test(if (mutations) "mutations" else "events") {
    OracleJars.missing.foreach(reason => cancel(s"skipped: $reason"))
    val (random, mapper, theirs) = (new Random(seed), new ObjectMapper, OracleLoader.world())
    val query = Streamed.query((keys ++ types).map { case (name, _) => name -> name }.toMap, "at")
    val groupBy = Streamed.groupBy(
      "team.types.v1",
      if (mutations) Streamed.entities("t", query) else Streamed.events("t", query),
      keys.map(_._1),
      types.map { case (name, _) => Streamed.aggregation(Operation.LAST, name) }: _*
    )
    val info = Streamed.info(groupBy, keys, types, keys ++ types :+ ("at" -> LongType))
    val text = ThriftJsonCodec.toJsonStr(info)
    val parsed = Streamed.parsed(info)
    val rows = new StreamedRows(groupBy, parsed, StreamSettings.decoder(parsed, Map.empty))
    try for (round <- 1 to 300) withClue(s"CHRONON_TEST_SEED=$seed, round $round: ") {
        val millis = Streamed.BatchEnd + random.nextInt(100000)
        val isBefore = mutations && random.nextBoolean()
        val values = (keys ++ types).map { case (name, dataType) =>
          // One key is always there.
          name -> (if (name != "key_long" && random.nextInt(5) == 0) null else value(random, dataType))
        }
        val message = new util.LinkedHashMap[String, AnyRef]
        (keys ++ types).zip(values).foreach { case ((name, dataType), (_, v)) =>
          message.put(name, json(v, dataType))
        }
        message.put("at", Long.box(millis))
        if (mutations) {
          message.put("mutation_ts", Long.box(millis + 1))
          message.put("is_before", Boolean.box(isBefore))
        }
        val Seq(put) = rows.puts(mapper.writeValueAsString(message).getBytes(UTF_8)).toList
        val row: Array[Any] = values.drop(keys.size).map(_._2).toArray ++
          (if (mutations) Array[Any](millis, isBefore) else Array.empty[Any])
        def expected(what: String, of: Array[Any]) =
          theirs("encodedRow", Array(text, what, of)).asInstanceOf[Array[Byte]].toSeq
        assert(put.valueBytes.toSeq == expected(if (mutations) "mutation" else "event", row))
        assert(put.keyBytes.toSeq == expected("key", values.take(keys.size).map(_._2).toArray))
        assert(put.tsMillis.contains(if (mutations) millis + 1 else millis))
      }
    finally theirs("close", Array())
  }
}
