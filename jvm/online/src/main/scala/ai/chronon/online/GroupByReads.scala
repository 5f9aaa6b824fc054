package ai.chronon.online

import ai.chronon.api._
import ai.chronon.jni.{FetchAnswer, FetchCall, NativeErrorCode}
import ai.chronon.online.Fetcher.Request
import ai.chronon.online.FetcherCache.BatchIrCache
import ai.chronon.online.KVStore.TimedValue
import org.slf4j.{Logger, LoggerFactory}

import java.nio.ByteBuffer
import java.util
import scala.collection.mutable.ArrayBuffer
import scala.collection.Seq
import scala.concurrent.{ExecutionContext, Future, Promise}
import scala.util.control.NonFatal
import scala.util.{Failure, Success, Try}

/** What became of one request for one group-by, derivations not yet applied. */
private[online] sealed trait GroupByResult
private[online] object GroupByResult {

  /** A key is null: nothing is asked, and nothing answered. */
  case object NullKey extends GroupByResult
  final case class Failed(cause: Throwable) extends GroupByResult

  /** The store has nothing for the key. */
  final case class Absent(info: GroupByServingInfoParsed) extends GroupByResult
  final case class Features(info: GroupByServingInfoParsed, slots: FeatureSlots) extends GroupByResult
}

/** Fetches group-bys: many requests with one `multiGet`, and with one native call unless they have much to decode.
  *
  * @param cachingEnabled whether batch values of a group-by are kept
  * @param skipUndecodable whether streamed values of a group-by that cannot be decoded are left out
  * @param isServed       whether a group-by's team lists it
  * @param executionContext where requests go on when the store has answered
  */
private[online] final class GroupByReads(
    store: KVStore,
    metadata: MetadataStore,
    plans: ServingPlans,
    cache: Option[BatchIrCache],
    cachingEnabled: GroupBy => Boolean,
    skipUndecodable: GroupBy => Boolean,
    isServed: (GroupBy, String) => Boolean
)(implicit executionContext: ExecutionContext) {
  import GroupByReads._
  import GroupByResult._

  private implicit val logger: Logger = LoggerFactory.getLogger(classOf[GroupByReads])

  /** The results in the order of the requests.
    *
    * @param context what metrics of the whole call are about
    * @param mayStay whether a short call whose values the store gives at once may be answered on the caller's thread: a change of
    *                threads would take as long as the rest of it
    */
  def read(
      requests: IndexedSeq[Request],
      context: Metrics.Context,
      mayStay: Boolean
  ): Future[Array[GroupByResult]] = {
    val now = System.currentTimeMillis()
    val infos = new util.HashMap[String, Try[GroupByServingInfoParsed]]
    val reads = new StoreReads
    val metrics = new RequestMetrics
    val works = new util.LinkedHashMap[WorkKey, Work]
    val results = new Array[GroupByResult](requests.length)
    val workOf = new Array[Work](requests.length)
    requests.indices.foreach { i =>
      val request = requests(i)
      if (request.keys != null && request.keys.valuesIterator.contains(null)) results(i) = NullKey
      else servingInfo(request, infos).flatMap(info =>
        Try(prepare(request, info, now, reads, works, metrics))
      ) match {
        case Success(work)  => workOf(i) = work
        case Failure(cause) => results(i) = Failed(cause)
      }
    }
    def result(values: Array[Try[StoredValues]]): Array[GroupByResult] = {
      val all = new ArrayBuffer[Work](works.size)
      works.values.forEach(work => all += work)
      try answer(all, values, metrics)
      finally all.foreach(_.release())
      reads.reportBytes(values, context, metrics)
      all.foreach(reportStored(_, reads, metrics))
      val millis = System.currentTimeMillis() - now
      all.foreach(work => metrics.distribution(work.context, "group_by.latency.millis", millis))
      requests.indices.foreach(i => if (results(i) == null) results(i) = workOf(i).result)
      results
    }
    val stored = reads.ask(store, context, metrics)
    stored.value match {
      case Some(responses) if mayStay && isShort(works.values) =>
        try Future.fromTry(reads.values(responses, context, metrics).map(result(_)))
        finally sendLater(metrics)
      case _ =>
        val answered = Promise[Array[GroupByResult]]()
        stored.onComplete { responses =>
          try answered.complete(reads.values(responses, context, metrics).map(result(_)))
          catch {
            case fatal: Throwable =>
              answered.tryFailure(fatal)
              throw fatal
          } finally metrics.send()
        }(onExecutor(answered))
        answered.future
    }
  }

  /** Derivations may take any time, and start Spark. */
  private def isShort(works: util.Collection[Work]): Boolean =
    works.size <= ShortWorks && works.stream.allMatch(_.info.derivation.isEmpty)

  /** The caller need not wait for the metrics of its request. */
  private def sendLater(metrics: RequestMetrics): Unit =
    try executionContext.execute(() => metrics.send())
    catch { case NonFatal(_) => metrics.send() }

  /** Where a request goes on when the store has answered. An executor that takes nothing more fails the request, which would be
    * waited for in vain.
    */
  private def onExecutor(request: Promise[_]): ExecutionContext = new ExecutionContext {
    override def execute(step: Runnable): Unit =
      try executionContext.execute(step)
      catch { case NonFatal(rejected) => request.tryFailure(rejected) }
    override def reportFailure(cause: Throwable): Unit = executionContext.reportFailure(cause)
  }

  private def servingInfo(
      request: Request,
      infos: util.HashMap[String, Try[GroupByServingInfoParsed]]
  ): Try[GroupByServingInfoParsed] = infos.computeIfAbsent(
    request.name,
    name => {
      val found = metadata.getGroupByServingInfo(name).flatMap { info =>
        if (isServed(info.getGroupBy, name)) Success(info) else Failure(InvalidEntityException(name))
      }
      found match {
        case Failure(cause) =>
          metadata.getGroupByServingInfo.refresh(name)
          contextOf(request, None).increment("fetch_invalid_group_by_failure.count")
          logger.error(s"group-by $name cannot be fetched", cause)
        case Success(_) =>
      }
      found
    }
  )

  private def contextOf(request: Request, info: Option[GroupByServingInfoParsed]): Metrics.Context =
    request.context.getOrElse(info match {
      case Some(known) => known.fetchContext
      case None        => Metrics.Context(Metrics.Environment.GroupByFetching, groupBy = request.name)
    })

  private def prepare(
      request: Request,
      info: GroupByServingInfoParsed,
      now: Long,
      reads: StoreReads,
      works: util.LinkedHashMap[WorkKey, Work],
      metrics: RequestMetrics
  ): Work = {
    val context = contextOf(request, Some(info))
    metrics.count(context, "group_by_request.count", 1)
    val keys = KeyEncoding.cast(request, info, context)
    val batchKey = KeyEncoding.encode(store, request.name, keys, info, info.batchDataset, context)
    val streamingKey =
      if (info.isTemporal) KeyEncoding.encode(store, request.name, keys, info, info.streamingDataset, context)
      else null
    val queryMillis = request.atMillis.getOrElse(now)
    val key = WorkKey(
      request.name,
      ByteBuffer.wrap(batchKey),
      if (streamingKey == null) null else ByteBuffer.wrap(streamingKey),
      queryMillis
    )
    works.computeIfAbsent(
      key,
      _ => {
        val work = new Work(request.name, context, info, queryMillis)
        cachedBatch(work, batchKey)
        if (work.cached == null) work.batchPlace = reads.add(batchKey, info.batchDataset, None)
        if (streamingKey != null)
          work.streamingPlace = reads.add(streamingKey, info.streamingDataset, Some(info.batchEndTsMillis))
        work
      }
    )
  }

  private def cachedBatch(work: Work, batchKey: Array[Byte]): Unit =
    if (cache.isDefined && cachingEnabled(work.info.getGroupBy)) {
      work.cacheKey =
        BatchIrCache.Key(work.info.batchDataset, ByteBuffer.wrap(batchKey), work.info.batchEndTsMillis)
      work.cached = cache.get.cache.getIfPresent(work.cacheKey)
      if (work.cached == null) work.context.increment("batch_cache_gb_misses")
      else {
        work.context.increment("batch_cache_gb_hits")
        // The store is not asked, so nobody would notice a newer batch.
        metadata.getGroupByServingInfo.refresh(work.name)
      }
    }

  /** Works that are alike are decided on, read and decoded by the native call's worth, while a core's own cache holds what was
    * stored.
    */
  private def answer(works: Seq[Work], values: Array[Try[StoredValues]], metrics: RequestMetrics): Unit =
    works.groupBy(work => skipUndecodable(work.info.getGroupBy)).foreach { case (skip, alike) =>
      val open = new ArrayBuffer[Work]
      var bytes = 0L
      def runOpen(): Unit = if (open.nonEmpty) {
        run(open, skip, metrics)
        open.clear()
        bytes = 0
      }
      alike.foreach { work =>
        try choose(work, values)
        catch { case e: Exception => fail(work, e) }
        if (work.result == null) {
          if (bytes + work.bytes > CallBytes) runOpen()
          open += work
          bytes += work.bytes
        }
      }
      runOpen()
    }

  private def run(works: Seq[Work], skip: Boolean, metrics: RequestMetrics): Unit = {
    val start = System.currentTimeMillis()
    Try(plans.run(skip)(call => works.foreach(_.fill(call)))) match {
      case Success(answer) =>
        val millis = System.currentTimeMillis() - start
        val all = math.max(1L, works.iterator.map(_.bytes).sum)
        works.foreach { work =>
          metrics.distribution(work.context, "group_by.aggregator.latency.millis", millis)
          // Decoding and merging are one pass: what belongs to which is told by the bytes.
          val batchMillis = millis * work.batchBytes / all
          metrics.distribution(work.context, "group_by.batchir_decode.latency.millis", batchMillis)
          if (work.streamed.nonEmpty) {
            val streamedMillis = millis * work.streamedBytes / all
            metrics.distribution(
              work.context,
              "group_by.all_streamingir_decode.latency.millis",
              streamedMillis
            )
          }
          finish(work, answer)
        }
      case Failure(e: Exception) => works.foreach(fail(_, e))
      case Failure(fatal)        => throw fatal
    }
  }

  /** Decides which stored values count, or that there are none. */
  private def choose(work: Work, values: Array[Try[StoredValues]]): Unit = {
    val batch = work.batchPlace match {
      case -1    => StoredValues.None
      case place => values(place).getOrElse(StoredValues.None)
    }
    val newest = batch.newest
    if (newest != null && newest.millis > work.info.batchEndTsMillis)
      // The new serving info usually comes with a later request: this one goes on with what it has.
      metadata.getGroupByServingInfo.refresh(work.name).foreach(refreshed => work.info = refreshed)
    val batchEnd = work.info.batchEndTsMillis
    val bytes =
      if (work.cached != null) work.cached
      else if (newest != null && newest.millis >= batchEnd) newest.bytes
      else null
    if (
      work.cacheKey != null && work.cached == null && bytes != null &&
      work.cacheKey.batchEndTsMillis == batchEnd
    )
      cache.get.cache.put(work.cacheKey, bytes)
    work.batchStored = batch
    if (!work.info.isTemporal) {
      if (bytes == null) work.result = Absent(work.info)
    } else {
      val streamed = values(work.streamingPlace).getOrElse(StoredValues.None)
      // Whole tiles of a day that a newer batch holds are in that batch.
      val from =
        if (work.info.isTilingEnabled && newest != null) math.max(batchEnd, newest.millis) else batchEnd
      if (streamed.nulls > 0) throw new IllegalStateException(
        s"group-by ${work.name}: ${streamed.nulls} of ${streamed.count} streamed values of dataset ${work.info.streamingDataset} have no bytes"
      )
      work.streamedStored = streamed
      work.streamed = streamed.from(from)
      work.streamedBytes = streamed.bytes
      work.streamedFrom =
        if (newest == null || work.info.isTilingEnabled) FetchCall.FROM_BATCH_END else newest.millis
      if (bytes == null && work.streamed.isEmpty) {
        // A key without any value must not hide that the moment is wrong for all keys.
        if (work.queryMillis < batchEnd)
          throw new IllegalArgumentException(
            s"group-by ${work.name}: a request for time ${work.queryMillis} cannot be answered by a batch that ends later, at $batchEnd"
          )
        work.result = Absent(work.info)
      } else {
        val late = LateBatch.count(work.queryMillis, batchEnd, work.info.windows)
        if (late > 0) work.context.count("group_by.degraded_counter.count", late)
      }
    }
    if (work.result == null) {
      work.batch = bytes
      work.plan = plans.acquire(work.name, work.info)
    }
  }

  private def reportStored(work: Work, reads: StoreReads, metrics: RequestMetrics): Unit = {
    report(work, Metrics.Name.BatchResponse, work.batchStored, reads, metrics)
    report(work, Metrics.Name.StreamingResponse, work.streamedStored, reads, metrics)
  }

  private def report(
      work: Work,
      suffix: String,
      stored: StoredValues,
      reads: StoreReads,
      metrics: RequestMetrics
  ): Unit = if (stored.newest != null) {
    val context = work.context.withSuffix(suffix)
    val age = work.queryMillis - stored.newest.millis
    metrics.distribution(context, "row.count", stored.count)
    metrics.distribution(context, "bytes", stored.bytes)
    metrics.distribution(context, "attributed_latency.millis", reads.attributedLatency(stored.bytes))
    metrics.distribution(context, Metrics.Name.FreshnessMillis, age)
    metrics.distribution(context, Metrics.Name.FreshnessMinutes, age / 60000)
  }

  private def finish(work: Work, answer: FetchAnswer): Unit =
    if (answer.failed(work.part)) {
      val message =
        s"group-by ${work.name}, request of ${work.queryMillis}, batch end ${work.info.batchEndTsMillis}: ${answer.error(work.part)}"
      fail(
        work,
        if (answer.errorCode(work.part) == NativeErrorCode.INVALID_ARGUMENT)
          new IllegalArgumentException(message)
        else new RuntimeException(message)
      )
    } else {
      if (answer.skipped(work.part) > 0)
        work.context.count("streaming.response.undecodable.count", answer.skipped(work.part).toLong)
      work.result = Features(work.info, new NativeSlots(answer, work.part))
    }

  private def fail(work: Work, cause: Exception): Unit = {
    metadata.getGroupByServingInfo.refresh(work.name)
    work.context.incrementException(cause)
    work.result = Failed(cause)
  }
}

private[online] object GroupByReads {

  /** What takes some hundreds of microseconds, rarely more than a millisecond. */
  private val ShortWorks = 32

  /** How many bytes of stored values go into one native call: as many as a core's own cache still holds when they are read. */
  val CallBytes: Long = 1L << 19

  private final case class WorkKey(
      name: String,
      batchKey: ByteBuffer,
      streamingKey: ByteBuffer,
      queryMillis: Long
  )

  /** One key of one group-by at one moment, whoever and however many ask for it. */
  private final class Work(
      val name: String,
      val context: Metrics.Context,
      var info: GroupByServingInfoParsed,
      val queryMillis: Long
  ) {
    var batchPlace: Int = -1
    var streamingPlace: Int = -1
    var cacheKey: BatchIrCache.Key = _
    var cached: Array[Byte] = _
    var batch: Array[Byte] = _
    var batchStored, streamedStored: StoredValues = StoredValues.None
    var streamed: Array[TimedValue] = Array.empty
    var streamedBytes: Long = 0
    var streamedFrom: Long = FetchCall.FROM_BATCH_END
    var plan: ServingPlans.Shared = _
    var part: Int = -1
    var result: GroupByResult = _

    def fill(call: FetchCall): Unit = {
      part = call.add(plan.plan, queryMillis, info.batchEndTsMillis, streamedFrom, batch)
      var i = 0
      while (i < streamed.length) {
        call.addStreamed(streamed(i).millis, streamed(i).bytes)
        i += 1
      }
    }

    def batchBytes: Long = if (batch == null) 0 else batch.length.toLong

    def bytes: Long = batchBytes + streamedBytes

    def release(): Unit = if (plan != null) plan.release()
  }
}

/** Batch data that is so old that windows reach past what is kept of it. */
private[online] object LateBatch {
  private val Slack = 2 * Windows.DayMillis

  /** 1 if the request is more than two days past the batch and some window is longer than that; else 0. */
  def count(queryMillis: Long, batchEndMillis: Long, windows: Seq[Window]): Long =
    if (
      queryMillis > batchEndMillis + Slack &&
      windows.exists(window => Windows.isUnbounded(window) || Windows.millis(window) > Slack)
    ) 1L
    else 0L
}
