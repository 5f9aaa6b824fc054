package ai.chronon.api

import ai.chronon.api.Samples._
import org.scalatest.funsuite.AnyFunSuite

class NamesSuite extends AnyFunSuite {
  private val meta = metaData("team/a.b-1")
  private val sums = groupBy("team.sums.v1", Seq(events("db.t")), aggregation("x", Operation.SUM))

  Seq(
    ("ns.team_a_b_1", TableNames.output(meta)),
    ("ns.team_a_b_1_daily_inc", TableNames.incremental(meta)),
    ("ns.team_a_b_1_pre_mt", TableNames.preModelTransforms(meta)),
    ("ns.team_a_b_1_bootstrap", TableNames.bootstrap(meta)),
    ("ns.team_a_b_1_upload", TableNames.upload(meta)),
    ("ns.team_a_b_1_labels", TableNames.labels(meta)),
    ("ns.team_a_b_1_labeled", TableNames.labeledView(meta)),
    ("ns.team_a_b_1_labeled_latest", TableNames.latestLabeledView(meta)),
    ("ns.team_a_b_1_logged", TableNames.logged(meta)),
    ("ns.team_a_b_1_logged_daily_stats", TableNames.loggedStats(meta)),
    ("ns.team_a_b_1_daily_stats", TableNames.dailyStats(meta)),
    ("ns.team_a_b_1_comparison", TableNames.comparison(meta)),
    ("ns.team_a_b_1_consistency", TableNames.consistency(meta)),
    ("ns.team_a_b_1_consistency_upload", TableNames.consistencyUpload(meta)),
    ("ns.team_a_b_1_schema", TableNames.schema(meta)),
    ("ns.j_pre_team_sums_v1", TableNames.joinPart(join("j", events("db.l")), part(sums, "pre"))),
    ("ns.j_team_sums_v1", TableNames.joinPart(join("j", events("db.l")), part(sums))),
    ("TEAM_SUMS_V1_BATCH", TableNames.batchDataset(sums)),
    ("TEAM_SUMS_V1_STREAMING", TableNames.streamingDataset(sums))
  ).foreach { case (expected, actual) => test(s"table $expected")(assert(expected == actual)) }

  private val k5 = Map("k" -> "5")
  Seq(
    ("x_sum", aggregation("x", Operation.SUM)),
    ("x_average_7d", aggregation("x", Operation.AVERAGE, Seq(new Window(7, TimeUnit.DAYS)))),
    ("x_last5_3h_by_b", aggregation("x", Operation.LAST_K, Seq(new Window(3, TimeUnit.HOURS)), Seq("b"), k5)),
    ("x_first5", aggregation("x", Operation.FIRST_K, args = k5)),
    ("x_top5", aggregation("x", Operation.TOP_K, args = k5)),
    ("x_bottom5", aggregation("x", Operation.BOTTOM_K, args = k5)),
    ("x_approx_percentile", aggregation("x", Operation.APPROX_PERCENTILE, args = k5)),
    ("x_approx_histogram_k", aggregation("x", Operation.APPROX_HISTOGRAM_K, args = k5))
  ).foreach { case (expected, definition) =>
    test(s"column $expected")(assert(Seq(expected) == ColumnNames.unpack(definition).map(ColumnNames.of)))
  }

  test("columns go by bucket, then by window") {
    val windows = Seq(new Window(1, TimeUnit.DAYS), new Window(7, TimeUnit.DAYS))
    val names =
      ColumnNames.unpack(aggregation("x", Operation.SUM, windows, Seq("a", "b"))).map(ColumnNames.of)
    assert(Seq("x_sum_1d_by_a", "x_sum_7d_by_a", "x_sum_1d_by_b", "x_sum_7d_by_b") == names)
  }

  test("a daily column has no window in its name") {
    val parts = ColumnNames.unpackUnwindowed(aggregation(
      "x",
      Operation.SUM,
      Seq(new Window(7, TimeUnit.DAYS)),
      Seq("b")
    ))
    assert(Seq("x_sum_by_b") == parts.map(ColumnNames.incremental))
  }

  Seq(("five", "five"), ("absent", null)).foreach { case (name, value) =>
    test(s"a K operation with k $name is refused by operation, column and value") {
      val args = Option(value).map("k" -> _).toMap
      val parts = ColumnNames.unpack(aggregation("x", Operation.LAST_K, args = args))
      val message = intercept[InvalidDefinitionException](parts.map(ColumnNames.of)).getMessage
      val shown = Option(value).getOrElse("(absent)")
      assert(message == s"LAST_K of `x`: argMap.k = $shown: a whole number is needed")
    }
  }

  test("a part's columns begin with its prefix and the group-by's name") {
    assert(Seq("pre_team_sums_v1_x_sum") == ColumnNames.values(part(sums, "pre")))
  }

  test("without aggregations the selected columns that are no keys are the values") {
    val plain = groupBy("g", Seq(events("db.t", query = query("k" -> "id", "v" -> "v", "w" -> "w + 1"))))
    assert(Seq("v", "w") == ColumnNames.values(plain))
  }

  test("keys that no mapping names keep their name") {
    val both = groupBy("g", Seq(events("db.t")))
    both.setKeyColumns(list(Seq("k", "other")))
    assert(Map("k" -> "left_k", "other" -> "other") ==
      ColumnNames.rightToLeft(part(both, keyMapping = Map("left_k" -> "k"))))
  }
}
