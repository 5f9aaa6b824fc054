package chronon.bench

import oracle.examples.JoinRun

/** Times the fork's UnionJoin, writing Parquet. args: as [[Run.parse]]; one part only, as UnionJoin takes no more. */
object PitUnionJoin {
  def main(args: Array[String]): Unit = {
    val run = Run.parse(args)
    require(run.parts == 1, "UnionJoin takes exactly one part")
    val spark = JoinRun.session(run.sparkDir, run.parallelism)
    run.tables(spark)
    run.measure(spark, s"${Run.Db}.oracle_pit", "oracle_user_amounts_") {
      JoinRun.unionJoin(spark, JoinRun.joinConf(run.startDs, "pit"), run.startDs, run.endDs)
    }
  }
}
