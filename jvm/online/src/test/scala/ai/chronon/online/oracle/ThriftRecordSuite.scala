package ai.chronon.online.oracle

import ai.chronon.api._
import ai.chronon.online.streaming.Streamed.list
import ai.chronon.online.{OracleJars, TBaseDecoderFactory, ThriftDecoder}
import org.apache.thrift.TBase
import org.scalatest.funsuite.AnyFunSuite

import java.nio.ByteBuffer
import java.util
import scala.collection.JavaConverters._

/** Records of Thrift as rows: the reference's decoder and ours name the same types and give the same values. */
class ThriftRecordSuite extends AnyFunSuite {

  private val aggregation: Aggregation = {
    val result = new Aggregation()
    result.setInputColumn("c")
    result.setOperation(Operation.SUM)
    result.setWindows(list(new Window(7, TimeUnit.DAYS), new Window()))
    result.setArgMap(new util.HashMap(Map("k" -> "3").asJava))
    result.setBuckets(list("b"))
    result
  }
  private val metaData: MetaData = {
    val result = new MetaData()
    result.setName("n")
    result.setSamplePercent(1.5)
    result.setOnline(true)
    result.setModeToEnvMap(new util.HashMap(Map("backfill" ->
      (Map("A" -> "b").asJava: util.Map[String, String])).asJava))
    result
  }

  private def compared(record: TBase[_, _], tokens: String*): Unit =
    test(s"${record.getClass.getSimpleName} ${tokens.mkString(" ")}") {
      OracleJars.missing.foreach(reason => cancel(s"skipped: $reason"))
      val bytes = ThriftBytes.Binary.write(record.asInstanceOf[TBase[_ <: TBase[_, _], _]])
      val wanted = if (tokens.isEmpty) null else new util.HashSet(tokens.asJava)
      val arguments = Array[AnyRef](record.getClass.getName, bytes, wanted)
      val Seq(theirs, ours) = Seq(OracleLoader.world(), new FetchWorld).map { world =>
        try world("thrift", arguments).asInstanceOf[Array[AnyRef]].toSeq.map(Values.comparable)
        finally world("close", Array())
      }
      assert(ours == theirs)
    }

  compared(aggregation)
  compared(aggregation, "operation", "windows", "length")
  compared(new Window())
  compared(metaData)
  compared(Source.events(new EventSource().setTable("t")), "events", "table", "query", "wheres")

  test("bytes are those between a buffer's position and its limit") {
    val buffer = ByteBuffer.wrap(Array[Byte](1, 2, 3, 4))
    buffer.position(1).limit(3)
    assert(ThriftDecoder.convertBytes(buffer).asInstanceOf[Array[Byte]].toSeq == Seq(2, 3) &&
      buffer.position() == 1)
  }

  test("what is no record of Thrift, or one that contains itself, is refused by name") {
    def refused(name: String) = intercept[IllegalArgumentException](
      new TBaseDecoderFactory(name, null, (field: String) => field).build()
    ).getMessage
    assert(refused("java.lang.String").contains("class java.lang.String cannot be decoded"))
    assert(refused(classOf[GroupBy].getName).contains("contains itself"))
  }
}
