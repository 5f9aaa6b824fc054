package ai.chronon.online

import ai.chronon.api.{Join, Model, ModelTransform}
import org.apache.spark.sql.{DataFrame, SparkSession}

import scala.collection.Seq
import scala.concurrent.Future

/** Inputs for one model, one map of its input fields per prediction. */
case class RunModelInferenceRequest(model: Model, inputs: Seq[Map[String, AnyRef]]) {

  /** One request with the inputs of both, these first. Both must be for the same model. */
  def merge(other: RunModelInferenceRequest): RunModelInferenceRequest = {
    require(
      model == other.model,
      s"requests for two models cannot be merged: ${name(model)} and ${name(other.model)}"
    )
    copy(inputs = inputs ++ other.inputs)
  }

  private def name(of: Model): String =
    Option(of).flatMap(m => Option(m.getMetaData)).map(_.getName).getOrElse("a model without a name")
}

/** @param outputs one map of output fields per input, in the order of the inputs */
case class RunModelInferenceResponse(request: RunModelInferenceRequest, outputs: Seq[Map[String, AnyRef]])

/** Runs models on features. Integrators implement it for the place where their models live. */
trait ModelBackend {
  def runModelInference(request: RunModelInferenceRequest): Future[RunModelInferenceResponse]

  /** Runs a join's models over a range of its table; the result, or nothing if this backend has no batch jobs. */
  def runModelInferenceBatchJob(
      sparkSession: SparkSession,
      join: Join,
      startPartition: String,
      endPartition: String,
      modelTransform: Option[ModelTransform] = None,
      jobContextJson: Option[String] = None
  ): Option[DataFrame] = None
}
