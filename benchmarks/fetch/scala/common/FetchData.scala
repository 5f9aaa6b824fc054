package chronon.bench

import java.util.SplittableRandom

/** The events: a function of user and number, so that every program makes the same. */
object FetchData {
  val Users = 2000
  val BatchPerUser = 300
  val StreamPerUser = 100
  val HotStream = 5000
  val Hour: Long = 3600 * 1000L
  val Day: Long = 24 * Hour
  val Start: Long = 1704067200000L // 2024-01-01
  val Days = 30
  val LastDay = "2024-01-30"
  val BatchEnd: Long = Start + Days * Day

  /** Inside the twelfth hour after the batch ended, at no boundary of a hop. */
  val QueryTs: Long = BatchEnd + 12 * Hour - 83000

  final case class Event(user: Long, ts: Long, amount: Double, item: String)

  private def event(user: Int, i: Int, salt: Long, start: Long, span: Long): Event = {
    val random = new SplittableRandom(salt * 1000003L + user * 1000000L + i)
    Event(user, start + random.nextLong(span), random.nextInt(100000) / 100.0, "item_" + random.nextInt(1000))
  }

  def batch(user: Int): Seq[Event] = Seq.tabulate(BatchPerUser)(event(user, _, 11, Start, Days * Day))

  /** Ascending in time, as a store returns them. */
  def stream(user: Int, count: Int = StreamPerUser): Seq[Event] =
    Seq.tabulate(count)(event(user, _, 12, BatchEnd, 23 * Hour / 2)).sortBy(_.ts)
}
