package ai.chronon.online.derive

import ai.chronon.api.StructField

/** Evaluates expressions that are not evaluated here. The one engine there is needs Spark on the class path, which a process
  * that serves only renames and arithmetic can do without; so it is loaded by name, when it is first needed.
  */
private[online] trait SqlEngine {
  def compile(
      owner: String,
      projection: Seq[(String, String)],
      inputs: Seq[StructField]
  ): SqlEngine.Projection

  /** Runs statements that expressions depend on, functions of an author's above all. */
  def prepare(statements: Seq[String]): Unit
}

private[online] object SqlEngine {

  /** Expressions over named columns, safe for many threads. */
  trait Projection {
    def outputSchema: Seq[StructField]

    /** @param column the value of a column, null included */
    def apply(column: String => AnyRef): Map[String, AnyRef]
  }

  private val Implementation = "ai.chronon.online.derive.CatalystEngine"

  /** @throws java.lang.IllegalStateException naming owner and columns if the engine or Spark is not there */
  def load(owner: String, columns: Seq[String]): SqlEngine =
    try {
      // Spark is asked for by itself: without it the engine's class loads, and fails somewhere inside.
      Class.forName("org.apache.spark.sql.SparkSession", false, getClass.getClassLoader)
      Class.forName(Implementation).getDeclaredConstructor().newInstance().asInstanceOf[SqlEngine]
    } catch {
      case e @ (_: ClassNotFoundException | _: LinkageError) =>
        throw new IllegalStateException(
          s"$owner: columns ${columns.mkString(", ")} have an expression that only Spark SQL evaluates, and there is no " +
            "Spark on the class path: add spark-sql, or write the expression with arithmetic, comparisons, coalesce, if, case and " +
            "casts between numbers alone",
          e
        )
    }
}
