package ai.chronon.online

import ai.chronon.api._

import scala.collection.JavaConverters._

/** The models of a join: which features go in, and what their outputs are called.
  *
  * @param inputs  the feature that each input field of the model takes
  * @param outputs the name in the response of each output field
  */
private[online] final class ModelTransformPlan(
    val model: Model,
    val inputs: Seq[(String, String)],
    val outputs: Seq[(String, StructField)]
) {
  val name: String = ModelTransformPlan.nameOf(model)

  /** The key under which a failure of the model is reported. */
  val exceptionKey: String = s"${TableNames.clean(name)}_exception"
}

private[online] object ModelTransformPlan {
  def nameOf(model: Model): String = Option(model.getMetaData).map(_.getName).getOrElse("model")

  def of(join: Join): Seq[ModelTransformPlan] =
    Option(join.getModelTransforms).flatMap(t => Option(t.getTransforms)).toSeq.flatMap(_.asScala).map {
      transform =>
        val model = transform.getModel
        val renamedInputs = mapping(transform.getInputMappings)
        val renamedOutputs = mapping(transform.getOutputMappings)
        val prefix = Option(transform.getPrefix).map(_ + "_").getOrElse("")
        new ModelTransformPlan(
          model,
          members(model.getInputSchema).map(field =>
            field.name -> renamedInputs.getOrElse(field.name, field.name)
          ),
          members(model.getOutputSchema).map(field =>
            field.name -> field.copy(name = prefix + renamedOutputs.getOrElse(field.name, field.name))
          )
        )
    }

  /** Features that go past the models into the response. */
  def passthrough(join: Join): Seq[String] =
    Option(join.getModelTransforms).flatMap(t => Option(t.getPassthroughFields)).toSeq.flatMap(_.asScala)

  /** What the models add to the response. */
  def schema(join: Join): Seq[StructField] = of(join).flatMap(_.outputs.map(_._2))

  private def mapping(map: java.util.Map[String, String]): Map[String, String] =
    Option(map).map(_.asScala.toMap).getOrElse(Map.empty)

  private def members(written: TDataType): Seq[StructField] =
    Option(written).map(DataType.fromTDataType) match {
      case Some(struct: StructType) => struct.fields.toSeq
      case _                        => Nil
    }
}
