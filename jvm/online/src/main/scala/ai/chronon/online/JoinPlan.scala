package ai.chronon.online

import ai.chronon.api._
import ai.chronon.online.Fetcher.Request

import scala.collection.JavaConverters._

/** What of a join is the same for all requests: its parts with their keys, prefixes and metrics, and where features end up. */
private[online] final class JoinPlan(val join: Join) {
  val context: Metrics.Context = Metrics.Context(Metrics.Environment.JoinFetching, join)

  val parts: Array[JoinPlan.Part] =
    Option(join.getJoinParts).map(_.asScala.toArray).getOrElse(Array.empty).map(new JoinPlan.Part(_, context))

  val externals: Seq[ExternalFetch.Part] = ExternalParts.of(join).map(new ExternalFetch.Part(_))
  lazy val models: Seq[ModelTransformPlan] = ModelTransformPlan.of(join)
  lazy val passthrough: Seq[String] = ModelTransformPlan.passthrough(join)

  /** Whether nothing is computed from the features of the parts. */
  lazy val endsWithParts: Boolean = !join.isSetDerivations && models.isEmpty

  private val noFeatures = Array.empty[String]
  @volatile private var lastLayout: (Array[GroupByServingInfoParsed], FeatureLayout) = _

  /** Where the features of each part are. Rebuilt only when a serving info is another than before.
    *
    * @param infos the serving info of each part, null where a part has no features in this response
    */
  def layout(infos: Array[GroupByServingInfoParsed]): FeatureLayout = {
    val last = lastLayout
    if (last != null && infos.indices.forall(i => infos(i) == null || (infos(i) eq last._1(i)))) last._2
    else {
      // A part that is absent here keeps the place that it had: the next request may well have it.
      val known =
        infos.indices.map(i => if (infos(i) == null && last != null) last._1(i) else infos(i)).toArray
      val names = known.indices.map { i =>
        if (known(i) == null || known(i).derivation.isDefined) noFeatures
        else known(i).baseValueChrononSchema.fields.map(field => parts(i).prefixed(field.name))
      }.toArray
      val layout = new FeatureLayout(names)
      lastLayout = (known, layout)
      layout
    }
  }
}

private[online] object JoinPlan {
  val ExceptionSuffix = "_exception"

  /** One part of a join. */
  final class Part(val part: JoinPart, joinContext: Metrics.Context) {
    val groupByName: String = part.getGroupBy.getMetaData.getName
    val fullPrefix: String = ColumnNames.fullPrefix(part)
    val exceptionKey: String = fullPrefix + ExceptionSuffix
    val context: Metrics.Context = Metrics.Context(joinContext, part)
    private val someContext = Some(context)

    /** Left name by right name, for every key column: two right keys may read one left key. */
    private val keys: Array[(String, String)] = {
      val leftOf = ColumnNames.rightToLeft(part)
      part.getGroupBy.getKeyColumns.asScala.map(right => right -> leftOf(right)).toArray
    }

    def prefixed(name: String): String = s"${fullPrefix}_$name"

    /** The request for the group-by, or the exception that names the keys that are missing. */
    def request(of: Request): Either[KeyMissingException, Request] = {
      var given = Map.empty[String, AnyRef]
      var i = 0
      while (i < keys.length && of.keys.contains(keys(i)._2)) {
        given = given.updated(keys(i)._1, of.keys(keys(i)._2))
        i += 1
      }
      if (i == keys.length) Right(Request(groupByName, given, of.atMillis, someContext))
      else Left(KeyMissingException(
        fullPrefix,
        keys.iterator.map(_._2).filterNot(of.keys.contains).toVector.distinct,
        of.keys
      ))
    }
  }
}
