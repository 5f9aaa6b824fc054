package ai.chronon.online

import ai.chronon.api.Extensions.ThrowableOps
import ai.chronon.online.Fetcher.ResponseWithContext
import org.slf4j.{Logger, LoggerFactory}

import scala.collection.Seq
import scala.concurrent.{ExecutionContext, Future}
import scala.util.{Failure, Success, Try}

/** Runs the models of joins on their derived features: each different input of a model once, all of a model in one call. */
private[online] object FetcherModelUtils {
  @transient implicit lazy val logger: Logger = LoggerFactory.getLogger(getClass)

  private val Attempts = 3

  def fetchModelTransforms(
      responses: Seq[ResponseWithContext],
      plansOf: ResponseWithContext => Seq[ModelTransformPlan],
      passthroughOf: ResponseWithContext => Seq[String],
      modelBackend: ModelBackend
  )(implicit executionContext: ExecutionContext): Future[Seq[ResponseWithContext]] = {
    val plans = responses.map(plansOf)
    if (plans.forall(_.isEmpty)) Future.successful(responses)
    else {
      val calls = responses.indices.flatMap(i => plans(i).map(plan => (plan, inputsOf(plan, responses(i)))))
      val inputs = calls.groupBy(_._1.model).map { case (model, all) => model -> all.map(_._2).distinct }
      val context = responses.head.ctx.withSuffix("model_transform")
      context.count(Metrics.Name.RequestCount, responses.size.toLong)
      val start = System.currentTimeMillis()
      val outputs = inputs.map { case (model, distinct) =>
        val ofModel =
          Metrics.Context(Metrics.Environment.ModelTransform, model = ModelTransformPlan.nameOf(model))
        ofModel.increment(Metrics.Name.RequestCount)
        ofModel.distribution(Metrics.Name.RequestBatchSize, distinct.size.toLong)
        run(RunModelInferenceRequest(model, distinct), modelBackend).transform { result =>
          ofModel.distribution(Metrics.Name.LatencyMillis, System.currentTimeMillis() - start)
          result match {
            case Success(values) => ofModel.count(Metrics.Name.ResponseCount, values.size.toLong)
            case Failure(cause)  => ofModel.incrementException(cause)
          }
          Success(model -> result)
        }
      }
      Future.sequence(outputs.toList).map { done =>
        context.distribution(Metrics.Name.LatencyMillis, System.currentTimeMillis() - start)
        val resultOf = done.map { case (model, result) =>
          model -> result.map(outputs => inputs(model).zip(outputs).toMap)
        }.toMap
        responses.indices.map { i =>
          val response = responses(i)
          if (plans(i).isEmpty) response
          else {
            val modelled =
              plans(i).flatMap(plan => outputsOf(plan, resultOf(plan.model), inputsOf(plan, response)))
            val derived = features(response)
            val passed = passthroughOf(response).map(name => name -> derived.getOrElse(name, null))
            response.copy(modelTransformsValues = Some((modelled ++ passed).toMap))
          }
        }
      }
    }
  }

  private def features(response: ResponseWithContext): Map[String, AnyRef] =
    response.derivedValues.getOrElse(response.baseValues)

  private def inputsOf(plan: ModelTransformPlan, response: ResponseWithContext): Map[String, AnyRef] = {
    val derived = features(response)
    plan.inputs.map { case (field, feature) => field -> derived.getOrElse(feature, null) }.toMap
  }

  /** The model's outputs under the names of the response; of a failed model nulls, and what happened. */
  private def outputsOf(
      plan: ModelTransformPlan,
      result: Try[Map[Map[String, AnyRef], Map[String, AnyRef]]],
      inputs: Map[String, AnyRef]
  ): Seq[(String, AnyRef)] = {
    val values = result.toOption.flatMap(_.get(inputs)).getOrElse(Map.empty[String, AnyRef])
    plan.outputs.map { case (field, output) => output.name -> values.getOrElse(field, null) } ++
      result.failed.toOption.map(cause => plan.exceptionKey -> cause.traceString)
  }

  private def run(request: RunModelInferenceRequest, backend: ModelBackend)(implicit
      executionContext: ExecutionContext
  ): Future[Seq[Map[String, AnyRef]]] = {
    def attempt(left: Int): Future[Seq[Map[String, AnyRef]]] =
      Try(backend.runModelInference(request)) match {
        case Success(future) => checked(future).recoverWith { case _ if left > 1 => attempt(left - 1) }
        case Failure(cause)  => if (left > 1) attempt(left - 1) else Future.failed(cause)
      }
    def checked(future: Future[RunModelInferenceResponse]) = future.map { response =>
      if (response.outputs.size != request.inputs.size)
        throw new IllegalStateException(
          s"model ${request.model.getMetaData.getName} gave ${response.outputs.size} outputs for ${request.inputs.size} inputs"
        )
      response.outputs
    }
    if (backend == null)
      Future.failed(new IllegalStateException(
        s"model ${request.model.getMetaData.getName} cannot be run: the fetcher has no model backend (Api.genModelBackend)"
      ))
    else attempt(Attempts)
  }
}
