package ai.chronon.online

import ai.chronon.api._
import org.scalatest.funsuite.AnyFunSuite

/** Names and numbers that stored logs depend on; the expected ones are of the fact sheets, taken from the reference. */
class JoinCodecSuite extends AnyFunSuite {

  test("a published schema has its members in order, and its hash is the one of stored logs") {
    val schema = JoinCodec.buildLoggingSchema("unit_test/test_join", "k", "v")
    assert(schema == """{"join_name":"unit_test/test_join","key_schema":"k","value_schema":"v"}""")
    assert(HashUtils.md5Base64(schema) == "swZ/lrbWP2")
  }

  test("characters of HTML are escaped in a published schema") {
    assert(JoinCodec.buildLoggingSchema("j", "a\"<>&='", "v") ==
      "{'join_name':'j','key_schema':'a\\'\\u003c\\u003e\\u0026\\u003d\\u0027','value_schema':'v'}".replace('\'', '"'))
  }

  test("keys are sampled by their bytes") {
    val five = Array[Byte](2, 2, 53)
    assert(!ResponseLogging.isSampled(five, 22.881) && ResponseLogging.isSampled(five, 22.882))
    val number = Array[Byte](2, 10)
    assert(!ResponseLogging.isSampled(number, 25.002) && ResponseLogging.isSampled(number, 25.003))
    assert(ResponseLogging.isSampled(Array.empty, 40.828) && !ResponseLogging.isSampled(Array.empty, 40.827))
  }

  test("tags of metrics: what is set, then nulls, one slot for each") {
    val context = Metrics.Context(
      "join.fetch",
      join = "a.b/c,d.e",
      groupBy = "g.v1",
      production = true,
      accuracy = Accuracy.TEMPORAL,
      team = "tm",
      joinPartPrefix = "pp",
      suffix = "sfx",
      model = "m"
    )
    assert(context.toTags.toSeq == Seq(
      "join:a_b_c",
      "join:d_e",
      "group_by:g_v1",
      "production:true",
      "team:tm",
      "owner:tm",
      "environment:join.fetch",
      "join_part_prefix:pp",
      "accuracy:TEMPORAL",
      "model:m",
      null
    ))
    assert(context.copy(join = null, groupBy = null).toTags.toSeq.takeRight(2) == Seq(null, null))
  }

  test("batch data is late two days after its end, for windows that reach further") {
    val days = Seq(7, 1).map(n => Seq(new Window(n, TimeUnit.DAYS)))
    assert(LateBatch.count(1710896400000L, 1710633600000L, days.head) == 1)
    assert(LateBatch.count(1710896400000L, 1710806400000L, days.head) == 0)
    assert(LateBatch.count(1710896400000L, 1710633600000L, days(1)) == 0)
  }
}
