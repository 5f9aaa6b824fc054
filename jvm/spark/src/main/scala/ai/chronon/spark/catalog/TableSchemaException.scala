package ai.chronon.spark.catalog

/** A table exists with a column that the frame to be written cannot fill. Nothing has been written. */
final class TableSchemaException(
    val table: String,
    val column: String,
    val inTable: String,
    val inFrame: String
) extends IllegalStateException(
      s"table $table: column `$column` is $inTable in the table but $inFrame in what is to be written; " +
        "rename or drop the table, or change the definition back"
    )
