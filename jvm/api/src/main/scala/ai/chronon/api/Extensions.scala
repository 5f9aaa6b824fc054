package ai.chronon.api

import scala.collection.JavaConverters._

/** `import ai.chronon.api.Extensions._` gives definitions the methods that integrators' code calls on them. Each only
  * forwards: the rules are in `TableNames`, `ColumnNames`, `Sources`, `Windows` and `SemanticHash`, which our own
  * modules call directly.
  */
object Extensions {

  /** The old home of `Windows`. */
  object WindowUtils {
    val Unbounded: Window = Windows.Unbounded
    val Hour: Window = Windows.Hour
    val Day: Window = Windows.Day
    val FiveMinutes: Long = Windows.FiveMinuteMillis
    def millisToString(millis: Long): String = Windows.spanText(millis)
  }

  implicit class TimeUnitOps(unit: TimeUnit) {
    def str: String = Windows.unitText(unit)
    def millis: Long = Windows.unitMillis(unit)
  }

  implicit class WindowOps(window: Window) {
    def str: String = Windows.text(window)
    def suffix: String = Windows.suffix(window)
    def millis: Long = Windows.millis(window)
  }

  implicit class StringOps(string: String) {
    def sanitize: String = TableNames.clean(string)
    def cleanSpec: String = Sources.cleanSpec(string)
  }

  implicit class MetadataOps(metaData: MetaData) {
    def cleanName: String = TableNames.clean(metaData.getName)
    def outputTable: String = TableNames.output(metaData)
    def incrementalOutputTable: String = TableNames.incremental(metaData)
    def preModelTransformsTable: String = TableNames.preModelTransforms(metaData)
    def outputLabelTable: String = TableNames.labels(metaData)
    def outputFinalView: String = TableNames.labeledView(metaData)
    def outputLatestLabelView: String = TableNames.latestLabeledView(metaData)
    def loggedTable: String = TableNames.logged(metaData)
    def loggingStatsTable: String = TableNames.loggedStats(metaData)
    def schemaTable: String = TableNames.schema(metaData)
    def bootstrapTable: String = TableNames.bootstrap(metaData)
    def comparisonTable: String = TableNames.comparison(metaData)
    def consistencyTable: String = TableNames.consistency(metaData)
    def consistencyUploadTable: String = TableNames.consistencyUpload(metaData)
    def uploadTable: String = TableNames.upload(metaData)
    def dailyStatsOutputTable: String = TableNames.dailyStats(metaData)
    def toUploadTable(table: String): String = table + "_upload"

    /** The author's table properties; null if there are none, as callers of old expect. */
    def tableProps: Map[String, String] = Option(metaData.getTableProperties).map(_.asScala.toMap).orNull

    /** The path of the compiled file below its kind: the team's folder, then the rest of the name. */
    def nameToFilePath: String = metaData.getName.replaceFirst("\\.", "/")

    /** A member of `customJson`; null where it, or the text itself, is absent or no JSON object. */
    def customJsonLookUp(key: String): Any = CustomJson.member(metaData, key)

    def owningTeam: String = CustomJson.owningTeam(metaData)
  }

  implicit class QueryOps(query: Query) {
    def setupsSeq: Seq[String] = Option(query.getSetups).map(_.asScala.toList).getOrElse(Nil)
    def getQuerySelects: Map[String, String] = Option(query.getSelects).map(_.asScala.toMap).orNull
  }

  implicit class SourceOps(source: Source) {
    def dataModel: DataModel.Value = Sources.dataModel(source)
    def query: Query = Sources.query(source)
    def rootQuery: Query = Sources.rootQuery(source)
    def rawTable: String = Sources.rawTable(source)
    def table: String = Sources.table(source)
    def subPartitionFilters: Map[String, String] = Sources.subPartitionFilters(source)
    def partitionColumnOpt: Option[String] = Option(query).flatMap(q => Option(q.getPartitionColumn))
    def isCumulative: Boolean = Sources.isCumulative(source)
    def topic: String = Sources.topic(source).orNull
    def topicTokens: Map[String, String] = Sources.topic(source).map(Sources.tokens).getOrElse(Map.empty)
    def cleanTopic: String = Sources.topic(source).map(Sources.cleanSpec).orNull
  }

  implicit class AggregationOps(aggregation: Aggregation) {
    def unpack: Seq[AggregationPart] = ColumnNames.unpack(aggregation)
    def unWindowed: Seq[AggregationPart] = ColumnNames.unpackUnwindowed(aggregation)
  }

  implicit class AggregationPartOps(part: AggregationPart) {
    def outputColumnName: String = ColumnNames.of(part)
    def incrementalOutputColumnName: String = ColumnNames.incremental(part)
  }

  implicit class GroupByOps(groupBy: GroupBy) extends GroupBy(groupBy) {

    /** Whether its stream is stored as tiles; a text instead of a truth value does not count. */
    def isTilingEnabled: Boolean = CustomJson.member(groupBy.getMetaData, "enable_tiling") == true
    def hasDerivations: Boolean = groupBy.isSetDerivations
    def derivationsScala: List[Derivation] = Derivations.of(groupBy)
    def areDerivationsRenameOnly: Boolean = Derivations.areRenames(Derivations.of(groupBy))
    def dataModel: DataModel.Value = Sources.dataModel(groupBy)
    def inferredAccuracy: Accuracy = Sources.accuracy(groupBy)
    def maxWindow: Option[Window] = Windows.longest(groupBy)
    def semanticHash: String = SemanticHash.of(groupBy)
    def setups: Seq[String] = setupsOf(Sources.of(groupBy))
    def batchDataset: String = TableNames.batchDataset(groupBy)
    def streamingDataset: String = TableNames.streamingDataset(groupBy)
    def kvTable: String = TableNames.upload(groupBy.getMetaData)
    def streamingSource: Option[Source] = Sources.of(groupBy).find(Sources.topic(_).isDefined)
    def valueColumns: Array[String] = ColumnNames.values(groupBy).toArray
  }

  implicit class ExternalPartOps(part: ExternalPart) extends ExternalPart(part) {
    def fullName: String = ExternalParts.fullName(part)
    def rightToLeft: Map[String, String] = ExternalParts.rightToLeft(part)
    def isContextual: Boolean = ExternalParts.isContextual(part)
    def keySchemaFull: Array[StructField] = ExternalParts.keySchema(part).toArray
    def valueSchemaFull: Array[StructField] = ExternalParts.valueSchema(part).toArray
  }

  implicit class ThrowableOps(throwable: Throwable) {

    /** The stack trace as it would be printed. */
    def traceString: String = {
      val text = new java.io.StringWriter
      throwable.printStackTrace(new java.io.PrintWriter(text, true))
      text.toString
    }
  }

  implicit class JoinPartOps(part: JoinPart) extends JoinPart(part) {
    def fullPrefix: String = ColumnNames.fullPrefix(part)
    def leftToRight: Map[String, String] = rightToLeft.map(_.swap)
    def rightToLeft: Map[String, String] = ColumnNames.rightToLeft(part)
    def valueColumns: Seq[String] = ColumnNames.values(part)
  }

  implicit class JoinOps(val join: Join) extends Serializable {
    def hasDerivations: Boolean = join.isSetDerivations
    def derivationsScala: List[Derivation] = Derivations.of(join)
    def areDerivationsRenameOnly: Boolean = Derivations.areRenames(Derivations.of(join))
    def hasModelTransforms: Boolean = join.isSetModelTransforms
    def joinPartOps: Seq[JoinPartOps] = parts.map(new JoinPartOps(_))
    def leftSourceKey: String = SemanticHash.LeftSourceKey
    def derivedKey: String = SemanticHash.DerivedKey
    def partOutputTable(part: JoinPart): String = TableNames.joinPart(join, part)
    def semanticHash(excludeTopic: Boolean): Map[String, String] = SemanticHash.of(join, excludeTopic)
    def leftKeyCols: Array[String] =
      parts.flatMap(part => ColumnNames.rightToLeft(part).values).distinct.toArray
    def team: String = join.getMetaData.getTeam
    def isProduction: Boolean = join.getMetaData.isProduction
    def historicalBackfill: Boolean = !join.getMetaData.isSetHistoricalBackfill ||
      join.getMetaData.isHistoricalBackfill
    def setups: Seq[String] = setupsOf(join.getLeft +: parts.flatMap(part => Sources.of(part.getGroupBy)))

    private def parts: Seq[JoinPart] = Option(join.getJoinParts).map(_.asScala.toList).getOrElse(Nil)
  }

  /** Statements to run before sources are read, each once, in order of first mention. */
  private def setupsOf(sources: Seq[Source]): Seq[String] =
    sources.flatMap(source => Option(Sources.query(source))).flatMap(_.setupsSeq).distinct
}
