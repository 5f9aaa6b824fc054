package ai.chronon.api

/** Names that stored tables, compiled definitions and other programs depend on. */
object Constants {
  // Columns
  val TimeColumn = "ts"
  val TimePartitionColumn = "ts_ds"
  val LabelPartitionColumn = "label_ds"
  val ReversalColumn = "is_before"
  val MutationTimeColumn = "mutation_ts"
  val SchemaHash = "schema_hash"
  val BootstrapHash = "bootstrap_hash"
  val MatchedHashes = "matched_hashes"

  /** Columns that are never features. */
  def ReservedColumns(partitionColumn: String): Seq[String] =
    Seq(TimeColumn, partitionColumn, TimePartitionColumn, ReversalColumn, MutationTimeColumn)

  // Macros in queries
  val StartPartitionMacro = "[START_PARTITION]"
  val EndPartitionMacro = "[END_PARTITION]"
  val ChrononRunDs = "CHRONON_RUN_DS"

  // Table properties
  val SemanticHashKey = "semantic_hash"
  val SemanticHashOptionsKey = "semantic_hash_options"
  val SemanticHashExcludeTopic = "exclude_topic"
  val ChrononDynamicTable = "chronon_dynamic_table"
  val ChrononOOCTable = "chronon_ooc_table"
  val ChrononLogTable = "chronon_log_table"
  val ChrononGenerated = "chronon_generated"
  val ChrononTableType = "chronon_table_type"
  val chrononArchiveFlag = "chronon_archived"
  val LabelViewPropertyFeatureTable = "feature_table"
  val LabelViewPropertyKeyLabelTable = "label_table"

  // Key-value datasets, and keys inside them
  val ChrononMetadataKey = "ZIPLINE_METADATA"
  val GroupByServingInfoKey = "group_by_serving_info"
  val StatsBatchDataset = "CHRONON_STATS_BATCH"
  val LogStatsBatchDataset = "CHRONON_LOG_STATS_BATCH"
  val ConsistencyMetricsDataset = "CHRONON_CONSISTENCY_METRICS_STATS_BATCH"
  val TimedKvRDDKeySchemaKey = "__keySchema"
  val TimedKvRDDValueSchemaKey = "__valueSchema"
  val SchemaPublishEvent = "SCHEMA_PUBLISH_EVENT"

  // Schemas of stored records
  val TimeField: StructField = StructField(TimeColumn, LongType)
  val ReversalField: StructField = StructField(ReversalColumn, BooleanType)
  val MutationTimeField: StructField = StructField(MutationTimeColumn, LongType)

  /** What a stream of mutations has besides its columns. */
  val MutationFields: Seq[StructField] = Seq(MutationTimeField, ReversalField)

  /** What a stored mutation has behind its columns. */
  val MutationAvroFields: Seq[StructField] = Seq(TimeField, ReversalField)
  val MutationAvroColumns: Seq[String] = MutationAvroFields.map(_.name)
  val StatsKeySchema: StructType = StructType("keySchema", Array(StructField("JoinPath", StringType)))

  // Parts of names
  val TopicInvalidSuffix = "_invalid"
  val LabelColumnPrefix = "label"
  val ExternalPrefix = "ext"
  val ContextualSourceName = "contextual"
  val ContextualPrefix: String = ExternalPrefix + "_" + ContextualSourceName
  val ContextualSourceKeys = "contextual_keys"
  val ContextualSourceValues = "contextual_values"

  // Keys of metaData.customJson
  val TeamOverride = "team_override"

  val UTF8 = "UTF-8"
}
