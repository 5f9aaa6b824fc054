package ai.chronon.online

import org.scalatest.funsuite.AnyFunSuite

/** Every metric of a fetch that dashboards know is sent, under its name and as what it is. */
class MetricsSuite extends AnyFunSuite {
  import MetricsSuite._

  test("what a fetch counts, measures and tags") {
    val output = OracleJars.jdk(
      "java",
      "-XX:TieredStopAtLevel=1",
      "-cp",
      sys.props("java.class.path"),
      MetricsProbe.getClass.getName.stripSuffix("$")
    )
    val lines = output.split('\n').filter(_.startsWith("metric ")).map(_.stripPrefix("metric ").split('|'))
    val kinds = lines.map(line => line(0) -> line(1)).toMap
    val expected = Counts.map(_ -> "c") ++ Sampled.map(_ -> "d") ++ Gauges.map(_ -> "g")
    val missing = expected.filterNot { case (name, kind) => kinds.get(name).contains(kind) }
    assert(missing.isEmpty, s"missing or of another kind; sent were:\n${kinds.toSeq.sorted.mkString("\n")}")
    def tags(name: String) = lines.filter(_(0) == name).map(_.lift(2).getOrElse("")).mkString("\n")
    assert(tags("ai.zipline.join.fetch.group_by_request.count").contains("group_by:team_live_v1"))
    assert(tags("ai.zipline.join.fetch.group_by_request.count").contains("join_part_prefix:p"))
    assert(tags("ai.zipline.join.fetch.response.latency").contains("group_by:ext_svc"))
    assert(tags("ai.zipline.model_transform.latency.millis").contains("model:team.m.v1"))
    assert(tags("ai.zipline.join.fetch.multi_get.exception").contains("exception:"))
  }
}

object MetricsSuite {
  private def named(environment: String, names: String*): Seq[String] =
    names.map(name => s"ai.zipline.$environment.$name")

  /** Names of online facts, 8, that count. */
  val Counts: Seq[String] = named(
    "join.fetch",
    "join_request.count",
    "internal.request.count",
    "group_by_request.count",
    "fetch_invalid_join_failure.count",
    "fetch_missing_key_failure.count",
    "encode_group_by_key_failure.count",
    "response.external_invalid_joins.count",
    "response.failures",
    "response.successes",
    "response.value_count",
    "multi_get.batch.size",
    "multi_get.exception",
    "multi_get.response.unmatched",
    "multi_get.response.failure",
    "exception",
    "group_by.degraded_counter.count",
    "logging_request.count",
    "model_transform.request.count"
  ) ++ named(
    "group_by.fetch",
    "group_by_request.count",
    "fetch_invalid_group_by_failure.count",
    "batch_cache_gb_hits",
    "batch_cache_gb_misses"
  ) ++ named("model_transform", "request.count", "response.count") ++
    named("metadata.fetch", "join.exception", "group_by.exception")

  /** Those that are sampled distributions. */
  val Sampled: Seq[String] = named(
    "join.fetch",
    "response.keys.count",
    "internal.latency.millis",
    "external.latency.millis",
    "overall.latency.millis",
    "derivation_codec.latency.millis",
    "derivation.latency.millis",
    "response.external_pre_processing.latency",
    "response.latency",
    "multi_get.bytes",
    "multi_get.response.length",
    "multi_get.response.success.length",
    "multi_get.latency.millis",
    "batch.response.row.count",
    "batch.response.bytes",
    "batch.response.freshness.millis",
    "batch.response.freshness.minutes",
    "batch.response.attributed_latency.millis",
    "streaming.response.row.count",
    "streaming.response.bytes",
    "streaming.response.freshness.millis",
    "streaming.response.freshness.minutes",
    "streaming.response.attributed_latency.millis",
    "group_by.batchir_decode.latency.millis",
    "group_by.all_streamingir_decode.latency.millis",
    "group_by.aggregator.latency.millis",
    "group_by.latency.millis",
    "logging_request.latency.millis",
    "logging_request.overall.latency.millis",
    "java.request_conversion.latency.millis",
    "java.response_conversion.latency.millis",
    "java.overall.latency.millis",
    "model_transform.latency.millis"
  ) ++ named("group_by.fetch", "group_by.latency.millis") ++
    named("model_transform", "request_batch_size", "latency.millis")

  /** Values at a moment. */
  val Gauges: Seq[String] = named(
    "join.fetch",
    "logging_request.encode_key.tries",
    "logging_request.encode_value.tries",
    "batch_cache.hits",
    "batch_cache.misses",
    "batch_cache.evictions",
    "batch_cache.loads",
    "batch_cache.hit_rate",
    "batch_cache.average_load_penalty"
  )
}
