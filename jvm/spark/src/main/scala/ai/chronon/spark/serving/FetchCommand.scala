package ai.chronon.spark.serving

import ai.chronon.api
import ai.chronon.api.TableNames
import ai.chronon.online.{Api, Fetcher, StoreClosing}
import ai.chronon.spark.ConfFile
import ai.chronon.spark.cli.{CommandLine, UsageException}
import com.fasterxml.jackson.core.JsonProcessingException
import com.fasterxml.jackson.databind.ObjectMapper
import org.slf4j.LoggerFactory

import java.io.File
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.Files
import java.util.TreeMap
import scala.collection.JavaConverters._
import scala.concurrent.{Await, Future}
import scala.concurrent.duration.{Duration, DurationInt}
import scala.util.{Failure, Success, Try}

/** `fetch`: asks for the features of some keys, and prints a JSON object for each request, its names in order; `null` where nothing is
  * stored of the key. A request that fails does not keep the others from being made, but the command fails in the end.
  */
private[spark] final class FetchCommand(online: Api) {
  import FetchCommand._
  private val log = LoggerFactory.getLogger(getClass)

  def run(line: CommandLine, out: String => Unit): Unit = {
    val question = Question.of(line)
    val requests = keysOf(line)
    val pause = seconds(line) * 1000L
    val fetcher = online.buildFetcher(debug = true, callerName = "FetcherCLI")
    val rounds = if (line.has("loop")) Iterator.continually(requests) else Iterator(requests)
    log.info(s"${requests.size} requests for the ${question.kind} ${question.name}")
    try rounds.flatten.zipWithIndex.flatMap { case (keys, i) =>
        if (i > 0) Thread.sleep(pause)
        ask(fetcher, question, keys, out)
      }.toList.headOption.foreach(throw _) // of a loop without end there is no list
    finally {
      fetcher.close()
      StoreClosing.close(fetcher.kvStore)
    }
  }

  /** Prints the answer; gives the failure, if it is one. */
  private def ask(
      fetcher: Fetcher,
      question: Question,
      keys: Map[String, AnyRef],
      out: String => Unit
  ): Option[Exception] = {
    val started = System.nanoTime()
    val answer = Try(Await.result(question.ask(fetcher, keys), question.patience)).flatten
    log.info(f"$keys: ${(System.nanoTime() - started) / 1e6}%.3f ms")
    answer match {
      case Success(values) =>
        out(text(values))
        None
      case Failure(wrong: UsageException) => throw wrong
      case Failure(cause)                 =>
        log.error(s"$keys: ${cause.getMessage}", cause)
        Some(new RuntimeException(s"${question.kind} ${question.name} of $keys: ${cause.getMessage}", cause))
    }
  }

  private def seconds(line: CommandLine): Int = line.one("interval").map { text =>
    Try(text.toInt).toOption.filter(_ >= 0).getOrElse(
      throw new UsageException(s"fetch: --interval = $text: must be a whole number of seconds")
    )
  }.getOrElse(1)

  private def keysOf(line: CommandLine): Seq[Map[String, AnyRef]] =
    (line.one("key-json"), line.one("key-json-file")) match {
      case (Some(json), None) => objects("--key-json", json)
      case (None, Some(path)) =>
        val file = new File(path)
        if (!file.isFile) throw new UsageException(s"fetch: --key-json-file = $path: there is no such file")
        new String(Files.readAllBytes(file.toPath), UTF_8).linesIterator.zipWithIndex.toList
          .filter(_._1.trim.nonEmpty).flatMap { case (json, i) => objects(s"$path line ${i + 1}", json) }
      case _ => throw new UsageException("fetch: one of --key-json and --key-json-file is required")
    }

  private def objects(where: String, json: String): Seq[Map[String, AnyRef]] = {
    def wrong(found: String, cause: Throwable = null) =
      new UsageException(
        s"fetch: $where: $found: write an object of keys such as " + """{"user": "5"}""",
        cause
      )
    val tree =
      try mapper.readTree(json)
      catch {
        case e: JsonProcessingException => throw wrong(s"$json is not JSON (${e.getOriginalMessage})", e)
      }
    val nodes = if (tree.isArray) tree.asScala.toList else List(tree)
    if (nodes.isEmpty) throw wrong("the list is empty")
    nodes.map { node =>
      if (!node.isObject) throw wrong(s"$node is no JSON object")
      mapper.convertValue(node, classOf[java.util.Map[String, AnyRef]]).asScala.toMap
    }
  }
}

private object FetchCommand {
  private val mapper = new ObjectMapper

  /** What is asked for, whatever the keys. */
  private sealed abstract class Question(val kind: String, val name: String, val patience: Duration) {
    def ask(fetcher: Fetcher, keys: Map[String, AnyRef]): Future[Try[Map[String, AnyRef]]]
  }

  private object Question {
    private val kinds = Seq("join", "group-by", "join-stats")

    def of(line: CommandLine): Question = {
      val at = line.one("at-millis").map(text =>
        Try(text.toLong).getOrElse(
          throw new UsageException(
            s"fetch: --at-millis = $text: must be a whole number of milliseconds since 1970"
          )
        )
      )
      val named = line.one("name")
      val conf = line.one("conf-path")
      if (named.isEmpty && conf.isEmpty)
        throw new UsageException("fetch: one of --name and --conf-path is required")
      line.one("type").getOrElse("join") match {
        case "join" =>
          val join = conf.map(ConfFile.read(_, classOf[api.Join]))
          new OfJoin(named.getOrElse(pathLike(TableNames.name(join.get.getMetaData))), join, at)
        case "group-by" =>
          new OfGroupBy(
            named.getOrElse(TableNames.name(ConfFile.read(conf.get, classOf[api.GroupBy]).getMetaData)),
            at
          )
        case "join-stats" =>
          if (at.isDefined)
            throw new UsageException("fetch: --at-millis: a series has startTs and endTs among its keys")
          new OfStats(named.getOrElse(pathLike(TableNames.name(ConfFile.read(
            conf.get,
            classOf[api.Join]
          ).getMetaData))))
        case other =>
          throw new UsageException(s"fetch: --type = $other: must be one of ${kinds.mkString(", ")}")
      }
    }

    /** `team/name.version`, as joins are asked for. */
    private def pathLike(name: String): String = name.replaceFirst("\\.", "/")
  }

  private final class OfJoin(name: String, conf: Option[api.Join], at: Option[Long])
      extends Question("join", name, 5.seconds) {
    override def ask(fetcher: Fetcher, keys: Map[String, AnyRef]): Future[Try[Map[String, AnyRef]]] =
      fetcher.fetchJoin(
        Seq(Fetcher.Request(name, keys, at)),
        conf
      ).map(_.head.values)(fetcher.executionContext)
  }

  private final class OfGroupBy(name: String, at: Option[Long])
      extends Question("group-by", name, 5.seconds) {
    override def ask(fetcher: Fetcher, keys: Map[String, AnyRef]): Future[Try[Map[String, AnyRef]]] =
      // a null key has no answer
      fetcher.fetchGroupBys(Seq(Fetcher.Request(name, keys, at)))
        .map(_.headOption.fold[Try[Map[String, AnyRef]]](Success(null))(_.values))(fetcher.executionContext)
  }

  /** A series between the times `startTs` and `endTs` among the keys, in milliseconds. */
  private final class OfStats(name: String) extends Question("statistics of join", name, 100.seconds) {
    override def ask(fetcher: Fetcher, keys: Map[String, AnyRef]): Future[Try[Map[String, AnyRef]]] = {
      def time(key: String) = keys.get(key).map {
        case millis: Number => millis.longValue
        case other          =>
          throw new UsageException(s"fetch: $key = $other: must be a whole number of milliseconds since 1970")
      }
      fetcher.fetchStatsTimeseries(Fetcher.StatsRequest(name, time("startTs"), time("endTs")))
        .map(_.values)(fetcher.executionContext)
    }
  }

  /** Pretty JSON with the names in order; null where there is nothing. */
  private def text(values: Map[String, AnyRef]): String = {
    val sorted = Option(values).map { found =>
      val map = new TreeMap[String, AnyRef]
      found.foreach { case (name, value) => map.put(name, plain(value)) }
      map
    }.orNull
    mapper.writerWithDefaultPrettyPrinter().writeValueAsString(sorted)
  }

  /** Values of Java: derivations give structs as Scala maps, external sources their failures as they are. */
  private def plain(value: AnyRef): AnyRef = value match {
    case map: scala.collection.Map[_, _] =>
      val sorted = new TreeMap[String, AnyRef]
      map.foreach { case (key, inner) => sorted.put(String.valueOf(key), plain(inner.asInstanceOf[AnyRef])) }
      sorted
    case list: scala.collection.Seq[_] => list.map(inner => plain(inner.asInstanceOf[AnyRef])).asJava
    case failure: Throwable            => failure.toString
    case other                         => other
  }
}
