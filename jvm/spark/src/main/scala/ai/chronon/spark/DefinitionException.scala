package ai.chronon.spark

/** A definition, or the data it names, cannot be run: one message that says which definition, where in it, what stands
  * there and what would work.
  *
  * @param definition kind and name, for example `join flights.training_set.v1`
  * @param column     the column or field at fault, where there is one
  * @param value      what stands there
  */
final class DefinitionException(
    val definition: String,
    val column: Option[String],
    val value: Option[String],
    problem: String,
    cause: Throwable = null
) extends IllegalArgumentException(DefinitionException.text(definition, column, value, problem), cause)

object DefinitionException {

  /** Put before messages that are raised inside a task, so that the driver can find them under Spark's own wrapping. */
  val Marker = "chronon: "

  def of(definition: String, problem: String): DefinitionException =
    new DefinitionException(definition, None, None, problem)

  def of(definition: String, column: String, value: String, problem: String): DefinitionException =
    new DefinitionException(definition, Some(column), Option(value), problem)

  private def text(
      definition: String,
      column: Option[String],
      value: Option[String],
      problem: String
  ): String = {
    val place = column.map(c => s"`$c`").getOrElse("")
    val content = value.map(v => s" = $v").getOrElse("")
    if (place.isEmpty && content.isEmpty) s"$definition: $problem"
    else s"$definition: $place$content: $problem"
  }

  /** Whether the failure itself, not something under it, is a message for the author of a definition. */
  def isOurs(failure: Throwable): Boolean = failure match {
    case _: DefinitionException | _: catalog.TableSchemaException | _: ai.chronon.api.InvalidDefinitionException =>
      true
    case _ => false
  }

  /** The message a user should see for any failure: ours where one is in the chain, else the failure's own, with what is at the bottom
    * of it where that says more.
    */
  def explain(failure: Throwable): String = {
    val chain = Iterator.iterate(failure)(_.getCause).takeWhile(_ != null).take(32).toSeq
    val ours = chain.collectFirst {
      case e: DefinitionException                       => e.getMessage
      case e: catalog.TableSchemaException              => e.getMessage
      case e: ai.chronon.api.InvalidDefinitionException => e.getMessage
      case e: ai.chronon.jni.NativeException            => e.getMessage
      case e if messageOf(e).contains(Marker)           =>
        messageOf(e).linesIterator.find(_.contains(Marker)).map(l =>
          l.substring(l.indexOf(Marker) + Marker.length)
        ).get
    }
    ours.getOrElse {
      val (top, bottom) = (messageOf(failure), messageOf(chain.last))
      if (top.contains(bottom)) top else s"$top: $bottom"
    }
  }

  private def messageOf(e: Throwable): String = Option(e.getMessage).getOrElse(e.getClass.getName)
}
