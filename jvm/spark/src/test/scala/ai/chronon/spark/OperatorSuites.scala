package ai.chronon.spark

import ai.chronon.spark.pit.PointInTimeJoin

/** The cases of [[JoinSuite]] through the physical operator and the native kernel. */
class JoinOperatorSuite extends JoinSuite {
  override protected def pit: job.JoinAssembler.PointInTime = PointInTimeJoin.apply(_, _, _)
}

/** The cases of [[GroupBySuite]] through the physical operator and the native kernel. */
class GroupByOperatorSuite extends GroupBySuite {
  override protected def pit: job.JoinAssembler.PointInTime = PointInTimeJoin.apply(_, _, _)
}
