package chronon.bench

import io.vertx.core.buffer.Buffer
import io.vertx.core.http.{HttpClient, HttpClientOptions, HttpMethod, RequestOptions}
import io.vertx.core.{Context, Future, Vertx}
import org.HdrHistogram.Histogram

import java.util.SplittableRandom
import java.util.concurrent.CompletableFuture
import java.util.concurrent.atomic.{AtomicInteger, AtomicLong, AtomicReference}
import java.util.concurrent.locks.LockSupport

/** Requests for one join, as of [[FetchData.QueryTs]], over HTTP/1.1 with kept connections, one event loop. Every answer must be the bytes of the first answer for that user.
  *
  * args: port, path, how many users. Reads a command a line from standard input, prints `PROGRESS` lines and then one `RESULT` line of JSON:
  *
  *   - `answers`: one request for each user; prints `ANSWER <user> <body>` and keeps it as what must be answered later.
  *   - `closed CONNECTIONS SECONDS`: each connection asks again when it has its answer.
  *   - `open RATE SECONDS`: requests at fixed distances whatever is answered, each counted from the moment when it was due.
  */
object LoadGenerator {
  private val MaxConnections = 256
  private val TimeoutMillis = 30000L
  private val ProgressNanos = 5e9.toLong

  /** So many unanswered requests mean that a rate cannot be served. */
  private val MaxWaiting = 20000
  private val Micros = 1000L

  /** Less than the service keeps idle connections: a request must not meet its end of one. */
  private val KeptSeconds = 30

  def main(args: Array[String]): Unit = {
    val Array(port, path, users) = args
    val vertx = Vertx.vertx()
    val load = new Load(vertx, port.toInt, s"$path?atMillis=${FetchData.QueryTs}", users.toInt)
    val commands = new java.io.BufferedReader(new java.io.InputStreamReader(System.in))
    Iterator.continually(commands.readLine()).takeWhile(_ != null).foreach { line =>
      line.split(' ') match {
        case Array("answers")                      => load.answers()
        case Array("closed", connections, seconds) => report(load.closed(connections.toInt, seconds.toDouble))
        case Array("open", rate, seconds)          => report(load.open(rate.toDouble, seconds.toDouble))
        case _                                     => throw new IllegalArgumentException(line)
      }
    }
    sys.exit(0)
  }

  private def report(run: Run): Unit = {
    val h = run.latencies
    def ms(percentile: Double) = h.getValueAtPercentile(percentile) / 1e3
    val error = Option(run.firstError.get).fold("null")(text => Json.of(text))
    println(
      s"""RESULT {"calls":${h.getTotalCount},"seconds":${run.seconds},"per_s":${h.getTotalCount / run.seconds},""" +
        s""""errors":${run.errors.get},"first_error":$error,"mean_ms":${h.getMean / 1e3},"p50_ms":${ms(50)},"p90_ms":${ms(90)},""" +
        s""""p99_ms":${ms(99)},"p999_ms":${ms(99.9)},"max_ms":${h.getMaxValue / 1e3}}"""
    )
  }

  /** What one run has counted. All but `waiting` and the errors belongs to the event loop. */
  private final class Run {
    val latencies = new Histogram(60L * 1000 * 1000, 3)
    val errors = new AtomicLong
    val waiting = new AtomicInteger
    val firstError = new AtomicReference[String]
    val start: Long = System.nanoTime()
    @volatile var seconds = 0.0

    def fail(what: String): Unit = {
      errors.incrementAndGet()
      firstError.compareAndSet(null, what)
      ()
    }

    def progress(): Unit =
      println(f"PROGRESS ${(System.nanoTime() - start) / 1e9}%.0f s, ${latencies.getTotalCount} answers, ${errors.get} errors")
  }

  private final class Load(vertx: Vertx, port: Int, path: String, users: Int) {
    private val loop: Context = vertx.getOrCreateContext()
    private val client: HttpClient = vertx.createHttpClient(
      new HttpClientOptions().setMaxPoolSize(MaxConnections).setKeepAliveTimeout(KeptSeconds)
    )
    private val bodies = Array.tabulate(users)(user => Buffer.buffer(s"""[{"user": $user}]"""))
    private val expected = new Array[Buffer](users)

    def answers(): Unit = (0 until users).foreach { user =>
      val answer = new CompletableFuture[Buffer]
      loop.runOnContext(_ => send(user, body => answer.complete(body), cause => answer.completeExceptionally(cause)))
      expected(user) = answer.get
      println(s"ANSWER $user ${expected(user)}")
    }

    def closed(connections: Int, seconds: Double): Run = run { (run, done) =>
      val end = run.start + (seconds * 1e9).toLong
      val left = new AtomicInteger(connections)
      def next(random: SplittableRandom): Unit =
        if (System.nanoTime() >= end) { if (left.decrementAndGet() == 0) done() }
        else ask(run, random.nextInt(users), System.nanoTime(), () => next(random))
      (0 until connections).foreach(i => loop.runOnContext(_ => next(new SplittableRandom(i))))
      while (System.nanoTime() < end) { LockSupport.parkNanos(math.min(ProgressNanos, end - System.nanoTime())); run.progress() }
    }

    def open(rate: Double, seconds: Double): Run = run { (run, done) =>
      val count = math.max(1, (rate * seconds).toLong)
      val random = new SplittableRandom(1)
      val unanswered = new AtomicLong(count)
      var told = run.start
      var i = 0L
      while (i < count) {
        val due = run.start + (i * 1e9 / rate).toLong
        while (System.nanoTime() < due) LockSupport.parkNanos(due - System.nanoTime())
        val user = random.nextInt(users)
        if (run.waiting.incrementAndGet() > MaxWaiting) throw new IllegalStateException(s"$MaxWaiting requests wait: $rate a second are too many")
        loop.runOnContext(_ => ask(run, user, due, () => { run.waiting.decrementAndGet(); if (unanswered.decrementAndGet() == 0) done() }))
        if (System.nanoTime() - told > ProgressNanos) { run.progress(); told = System.nanoTime() }
        i += 1
      }
    }

    private def run(body: (Run, () => Unit) => Unit): Run = {
      val run = new Run
      val finished = new CompletableFuture[Unit]
      body(run, () => { run.seconds = (System.nanoTime() - run.start) / 1e9; finished.complete(()); () })
      finished.get(2 * TimeoutMillis, java.util.concurrent.TimeUnit.MILLISECONDS)
      run
    }

    /** One request of a run; its latency counts from `due`. */
    private def ask(run: Run, user: Int, due: Long, answered: () => Unit): Unit = {
      def done(error: Option[String]): Unit = {
        run.latencies.recordValue(math.min((System.nanoTime() - due) / Micros, run.latencies.getHighestTrackableValue))
        error.foreach(run.fail)
        answered()
      }
      send(user,
        body => done(if (body == expected(user)) None else Some(s"user $user: another answer than the first: ${start(body)}")),
        cause => done(Some(s"user $user: $cause")))
    }

    private def start(body: Buffer): String = body.getString(0, math.min(300, body.length))

    /** On the event loop alone: elsewhere a body could have come and gone before it is asked for. */
    private def send(user: Int, answered: Buffer => Unit, failed: Throwable => Unit): Unit = {
      val options = new RequestOptions().setMethod(HttpMethod.POST).setHost("127.0.0.1").setPort(port).setURI(path).setTimeout(TimeoutMillis)
      client.request(options)
        .compose(request => request.send(bodies(user)))
        .compose(response => response.body().compose(body =>
          if (response.statusCode == 200) Future.succeededFuture(body)
          else Future.failedFuture[Buffer](s"status ${response.statusCode}: ${start(body)}")))
        .onComplete(result => if (result.succeeded) answered(result.result) else failed(result.cause))
      ()
    }
  }
}
