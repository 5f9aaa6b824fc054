package ai.chronon.online.streaming

import ai.chronon.api._
import ai.chronon.online.{GroupByServingInfoParsed, StreamDecoder, TopicInfo}

import java.io.File
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.Files

/** How the messages of a topic are read: settings of the user (`-Zkey=value`), or parameters of the topic itself
  * (`kafka://name/stream_format=avro`), which go before them.
  */
private[online] object StreamSettings {
  val Format = "stream_format"
  val Schema = "stream_schema"
  val Envelope = "stream_envelope"

  /** Every setting with its meaning. */
  val keys: Seq[(String, String)] = Seq(
    Format -> "json (the default) or avro: how messages are written",
    Schema ->
      "the schema of messages, as Avro's JSON or a file of it; the columns that the upload found in the table unless set",
    Envelope -> "row (the default), or change: messages of entities with the members before and after",
    "bootstrap" -> "host:port of Kafka's brokers, with commas between",
    "start_offset" ->
      "where a stream begins that has read nothing yet: batch_end (the default), earliest, latest, or milliseconds",
    "kafka.*" -> "a setting of Kafka's consumer"
  )

  /** Whether a setting is about streams, not about a store. */
  def isOne(key: String): Boolean = keys.exists(_._1 == key) || key.startsWith("kafka.")

  /** The decoder of the topic that a group-by streams from.
    *
    * @throws ai.chronon.api.InvalidDefinitionException naming the setting that is wrong
    */
  def decoder(info: GroupByServingInfoParsed, userConf: Map[String, String]): StreamDecoder = {
    val groupBy = info.groupBy
    val owner = s"group-by ${TableNames.name(groupBy.getMetaData)}"
    val source = StreamedSource.of(groupBy)
    val params = TopicInfo.parse(source.topic).params
    def setting(key: String): Option[String] =
      params.get(key).orElse(userConf.get(key)).filter(text => text != null && text.trim.nonEmpty)
    def choice(key: String, choices: Seq[String]): String = {
      val text = setting(key).getOrElse(choices.head)
      if (!choices.contains(text))
        throw new InvalidDefinitionException(s"$owner: $key = $text: must be ${choices.mkString(" or ")}")
      text
    }

    val format = choice(Format, Seq("json", "avro"))
    val change = choice(Envelope, Seq("row", "change")) == "change"
    val declared = setting(Schema).map(text => AvroFormat.parseSchema(schemaText(owner, text)))
    val written = declared.orElse(Option(info.getInputAvroSchema).map(AvroFormat.ofUpload)).getOrElse(
      throw new InvalidDefinitionException(
        s"$owner: its upload knows no columns of a stream: set $Schema, or upload it again with its topic"
      )
    )
    // What an upload found in its table are a row's own columns, never an envelope's.
    val row =
      if (change && declared.isDefined)
        Seq(
          RecordDecoder.After,
          RecordDecoder.Before
        ).flatMap(AvroFormat.memberRecord(written, _)).headOption.getOrElse(
          throw new InvalidDefinitionException(
            s"$owner: $Schema: record ${written.getFullName} has no record `${RecordDecoder.After}`, which $Envelope = change needs"
          )
        )
      else if (change && format == "avro")
        throw new InvalidDefinitionException(
          s"$owner: $Envelope = change with $Format = avro: $Schema must be set to the schema of the whole message"
        )
      else written
    val records = if (format == "avro") new AvroFormat(written.toString) else JsonFormat
    new RecordDecoder(owner, records, AvroFormat.columns(row), source.dataModel == DataModel.Entities, change)
  }

  private def schemaText(owner: String, text: String): String =
    if (text.trim.startsWith("{")) text
    else {
      val file = new File(text)
      if (!file.isFile) throw new InvalidDefinitionException(
        s"$owner: $Schema = $text: must be a file, or the schema itself"
      )
      new String(Files.readAllBytes(file.toPath), UTF_8)
    }
}
