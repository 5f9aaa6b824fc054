package chronon.bench

import ai.chronon.api._
import ai.chronon.online.{ExternalSourceRegistry, Fetcher}

import java.io.{File, PrintWriter}
import java.lang.management.ManagementFactory
import java.util.SplittableRandom
import java.util.concurrent.locks.LockSupport
import scala.collection.JavaConverters._
import scala.collection.Seq
import scala.concurrent.Await
import scala.concurrent.duration._

/** The requests of one workload: a join, how many requests go into one call, and from which users they come. */
final case class Workload(name: String, join: String, requests: Int, users: Int, features: Int, later: Boolean = false)

/** Fetches what [[FetchPrepare]] stored, through the interface that reference and candidate share.
  *
  * args: folder, names of workloads, seconds of warm-up, seconds of measurement, file for the answers. Prints `ANSWERS <file>` and a `RESULT` line
  * of JSON for each workload.
  */
object FetchMeasure {
  private val Workloads = Seq(
    Workload("batch", "bench/j50", 50, FetchData.Users, 500),
    Workload("single", "bench/j25", 1, FetchData.Users, 250),
    Workload("single_later", "bench/j25", 1, FetchData.Users, 250, later = true),
    Workload("batch_part", "bench/j25_batch", 1, FetchData.Users, 250),
    Workload("hot", "bench/j_wide", 1, 1, 36),
    Workload("hot_tiles", "bench/j_tiles", 1, 1, 36)
  )
  private val CheckedUsers = 40
  private val SpinNanos = 100000L

  private val os = ManagementFactory.getOperatingSystemMXBean.asInstanceOf[com.sun.management.OperatingSystemMXBean]
  private val threads = ManagementFactory.getThreadMXBean.asInstanceOf[com.sun.management.ThreadMXBean]

  private def gcMillis: Long = ManagementFactory.getGarbageCollectorMXBeans.asScala.map(_.getCollectionTime).sum

  /** Bytes that all threads together have allocated. A thread that ends takes its count along; the loops below end none. */
  private def allocated: Long = threads.getThreadAllocatedBytes(threads.getAllThreadIds).filter(_ > 0).sum

  def main(args: Array[String]): Unit = {
    val Array(folder, names, warm, run, answers) = args
    val store = new FetchStore
    val joins = FetchFile.read(new File(folder, "store.bin"), store)
    val fetcher = new Fetcher(store, Constants.ChrononMetadataKey, externalSourceRegistry = new ExternalSourceRegistry)
    joins.foreach(fetcher.putJoinConf)
    val chosen = Workloads.filter(workload => names.split(',').contains(workload.name))

    def get(workload: Workload, users: Seq[Int]): Seq[Map[String, AnyRef]] = {
      val requests = users.map(user => Fetcher.Request(workload.join, Map("user" -> Long.box(user.toLong)), Some(FetchData.QueryTs)))
      val responses = Await.result(fetcher.fetchJoin(requests), 60.seconds)
      responses.map { response =>
        val values = response.values.get
        require(values.size == workload.features, s"${values.size} features: ${values.take(3)}")
        values
      }
    }

    val writer = new PrintWriter(answers, "UTF-8")
    for (workload <- chosen; user <- 0 until math.min(CheckedUsers, workload.users); values <- get(workload, Seq(user)))
      writer.println(s"""{"workload":"${workload.name}","user":$user,"values":${Json.of(values.asJava)}}""")
    writer.close()
    println(s"ANSWERS $answers")

    for (workload <- chosen) {
      store.answersLater = workload.later
      def call(i: Int): Unit = {
        val random = new SplittableRandom(i)
        get(workload, Seq.fill(workload.requests)(random.nextInt(workload.users)))
      }
      closed(warm.toDouble)(call)
      System.gc()
      val peak = report(workload.name, "closed")(closed(run.toDouble)(call))
      report(workload.name, "half_load")(open(run.toDouble, peak / 2)(call))
    }
    sys.exit(0) // the reference's threads are not daemons
  }

  /** One call after the other; nanoseconds of each. */
  private def closed(seconds: Double)(call: Int => Unit): Array[Long] = {
    val end = System.nanoTime() + (seconds * 1e9).toLong
    val latencies = Array.newBuilder[Long]
    var i = 0
    while (System.nanoTime() < end) {
      val start = System.nanoTime()
      call(i)
      latencies += System.nanoTime() - start
      i += 1
    }
    latencies.result()
  }

  /** Calls at a fixed rate, each counted from the moment when it was due, so that waiting for a slow one counts. */
  private def open(seconds: Double, perSecond: Double)(call: Int => Unit): Array[Long] = {
    val interval = (1e9 / perSecond).toLong
    val start = System.nanoTime()
    val count = math.max(1, (seconds * 1e9 / interval).toInt)
    Array.tabulate(count) { i =>
      val due = start + i * interval
      waitUntil(due)
      call(i)
      System.nanoTime() - due
    }
  }

  /** Sleeps for most of the time, as waiting must not count as work; the rest is too short to sleep for. */
  private def waitUntil(due: Long): Unit = {
    val left = due - System.nanoTime()
    if (left > SpinNanos) LockSupport.parkNanos(left - SpinNanos)
    while (System.nanoTime() < due) Thread.onSpinWait()
  }

  /** Runs the loop and prints what it took; calls a second. */
  private def report(workload: String, load: String)(loop: => Array[Long]): Double = {
    val (bytes0, cpu0, gc0, wall0) = (allocated, os.getProcessCpuTime, gcMillis, System.nanoTime())
    val latencies = loop
    val (wall, cpu) = ((System.nanoTime() - wall0) / 1e9, (os.getProcessCpuTime - cpu0) / 1e9)
    val bytes = allocated - bytes0
    val sorted = latencies.sorted
    val n = sorted.length
    def quantile(q: Double): Double = sorted(math.min(n - 1, (q * n).toInt)) / 1e6
    println(
      s"""RESULT {"workload":"$workload","load":"$load","calls":$n,"per_s":${n / wall},"per_cpu_s":${n / cpu},""" +
        s""""mean_ms":${latencies.sum / 1e6 / n},"p50_ms":${quantile(.5)},"p99_ms":${quantile(.99)},"p999_ms":${quantile(.999)},""" +
        s""""max_ms":${quantile(1)},"allocated_kb_each":${bytes / 1e3 / n},"gc_ms":${gcMillis - gc0}}"""
    )
    n / wall
  }
}

/** Values as JSON, keys sorted, so that the answers of two programs can be compared. */
object Json {
  def of(value: Any): String = value match {
    case null                              => "null"
    case map: java.util.Map[_, _]          =>
      map.asScala.toSeq.map { case (k, v) => String.valueOf(k) -> of(v) }.sorted.map { case (k, v) => s"${text(k)}:$v" }.mkString("{", ",", "}")
    case list: java.util.List[_]           => list.asScala.map(of).mkString("[", ",", "]")
    case array: Array[AnyRef]              => array.map(of).mkString("[", ",", "]")
    case bytes: Array[Byte]                => text(bytes.map(b => f"$b%02x").mkString)
    case number: java.lang.Number if !number.toString.exists(_.isLetter) || number.toString.contains("E") => number.toString
    case flag: java.lang.Boolean           => flag.toString
    case other                             => text(other.toString)
  }

  private def text(s: String): String =
    s.map { case '"' => "\\\""; case '\\' => "\\\\"; case c if c < ' ' => f"\\u${c.toInt}%04x"; case c => c.toString }.mkString("\"", "", "\"")
}
