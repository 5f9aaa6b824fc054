package ai.chronon.api

import ai.chronon.api.Samples._
import org.apache.thrift.TBase
import org.scalatest.funsuite.AnyFunSuite

import java.io.File
import java.net.{URL, URLClassLoader}
import scala.reflect.ClassTag
import scala.util.{Properties, Random}

/** The reference implementation's jar and ours read, write, name and hash the same definitions alike.
  *
  * The jar's classes have our names, so they live in a class loader of their own; definitions cross as JSON text.
  */
class OracleSuite extends AnyFunSuite {
  private val seed = sys.env.get("CHRONON_TEST_SEED").map(_.toLong).getOrElse(20240310L)
  private val jar = new File(sys.env.getOrElse("CHRONON_ORACLE", "../shared/oracle"), "chronon-api.jar")
  private lazy val oracle = new OracleApi(jar.toURI.toURL)

  private def oracleTest(name: String)(body: Random => Unit): Unit = test(name) {
    assume(jar.exists, s"no oracle at $jar: set CHRONON_ORACLE to the folder of its jars")
    assume(Properties.versionNumberString.startsWith("2.12."), "the oracle's jars are of Scala 2.12")
    withClue(s"CHRONON_TEST_SEED=$seed: ")(body(new Random(seed)))
  }

  oracleTest("300 random joins: same JSON, same semantic hashes") { random =>
    for (_ <- 1 to 300) {
      val definition = randomJoin(random, depth = 1)
      val json = ThriftJsonCodec.toJsonStr(definition)
      withClue(json + ": ") {
        assert(oracle.rewritten[Join](json) == json)
        for (excludeTopic <- Seq(true, false))
          assert(oracle.semanticHash(json, excludeTopic) == SemanticHash.of(definition, excludeTopic))
      }
    }
  }

  oracleTest("300 random aggregations: same column names") { random =>
    for (_ <- 1 to 300) {
      val definition = randomAggregation(random)
      val json = ThriftJsonCodec.toJsonStr(definition)
      val expected = oracle.unpacked(json)
      assert(
        expected == ColumnNames.unpack(definition).map(p => (ColumnNames.of(p), ColumnNames.incremental(p))),
        json
      )
    }
  }

  oracleTest("partition arithmetic") { random =>
    for (_ <- 1 to 300) {
      val millis = (random.nextDouble() * 4e12).toLong - 1000000000000L
      val window = randomWindow(random)
      val day = PartitionSpec.Daily.at(millis)
      assert(oracle.partition("at", Long.box(millis)) == day)
      assert(oracle.partition("minus", day, window) == PartitionSpec.Daily.minus(day, window))
    }
  }

  private def pick[T](random: Random, values: T*): T = values(random.nextInt(values.size))

  private def randomWindow(random: Random): Window =
    new Window(1 + random.nextInt(60), pick(random, TimeUnit.values.toSeq: _*))

  private def some[T](random: Random, most: Int)(make: => T): Seq[T] =
    Seq.fill(random.nextInt(most + 1))(make)

  private def randomAggregation(random: Random): Aggregation =
    aggregation(
      pick(random, "x", "y_z", "Preis"),
      pick(random, Operation.values.toSeq: _*),
      some(random, 3)(randomWindow(random)),
      some(random, 2)(pick(random, "b", "c")),
      Map("k" -> (1 + random.nextInt(9)).toString)
    )

  private def randomSource(random: Random, depth: Int): Source =
    random.nextInt(if (depth > 0) 3 else 2) match {
      case 0 => events(
          s"db.t${random.nextInt(3)}/p=1",
          pick(random, null, "topic/host=a"),
          query("x" -> pick(random, "x", "'ü\"\n'"))
        )
      case 1 => entities("db.e", pick(random, null, "mutations"))
      case _ => ofJoin(randomJoin(random, depth - 1))
    }

  private def randomJoin(random: Random, depth: Int): Join = {
    val parts = some(random, 3) {
      val sources = Seq.fill(1 + random.nextInt(2))(randomSource(random, depth))
      val definition =
        groupBy(pick(random, "t.g.v1", "t/h-2"), sources, some(random, 3)(randomAggregation(random)): _*)
      if (random.nextBoolean()) definition.setAccuracy(pick(random, Accuracy.values.toSeq: _*))
      part(definition, pick(random, null, "p"), Map("lk" -> "k"))
    }
    val result = join(pick(random, "t.j.v1", "t/j-2"), randomSource(random, depth), parts: _*)
    if (random.nextBoolean()) result.getMetaData.setSamplePercent(random.nextDouble() * 1e9)
    if (random.nextBoolean()) result.setDerivations(list(some(
      random,
      3
    )(derivation(pick(random, "n", "*"), pick(random, "a+b", "*")))))
    if (random.nextBoolean()) result.setBootstrapParts(list(some(random, 2) {
      val bootstrap = new BootstrapPart()
      bootstrap.setTable("db.b")
      bootstrap
    }))
    if (random.nextInt(4) == 0) result.setOnlineExternalParts(list(Seq(randomExternal(random))))
    result
  }

  private def randomExternal(random: Random): ExternalPart = {
    val source = new ExternalSource()
    source.setMetadata(metaData("ext"))
    if (random.nextBoolean()) source.setOfflineGroupBy(groupBy("offline", Seq(randomSource(random, 0))))
    val result = new ExternalPart()
    result.setSource(source)
    if (random.nextBoolean()) result.setPrefix("xp")
    result
  }
}

/** Calls of the reference's classes by reflection. Only `ai.chronon` is loaded from its jar; Scala, Thrift and Jackson are shared. */
private class OracleApi(jar: URL) {
  private val loader = new URLClassLoader(Array(jar), getClass.getClassLoader) {
    override def loadClass(name: String, resolve: Boolean): Class[_] =
      if (!name.startsWith("ai.chronon.") && !name.startsWith("scala.util.Scala"))
        super.loadClass(name, resolve)
      else Option(findLoadedClass(name)).getOrElse(findClass(name))
  }

  private def theirs(name: String): Class[_] = loader.loadClass(s"ai.chronon.api.$name")
  private val codec = theirs("ThriftJsonCodec")

  private def read(json: String, name: String): AnyRef =
    codec.getMethods.find(_.getName == "fromJsonStr").get.invoke(
      null,
      json,
      Boolean.box(true),
      theirs(name),
      null
    )

  private def ops(name: String, definition: AnyRef): AnyRef =
    theirs("Extensions$" + name).getConstructors.head.newInstance(definition).asInstanceOf[AnyRef]

  private def call(on: AnyRef, method: String, arguments: AnyRef*): AnyRef =
    on.getClass.getMethods.find(m => m.getName == method && m.getParameterCount == arguments.size).get
      .invoke(on, arguments: _*)

  def rewritten[T <: TBase[_, _]: ClassTag](json: String): String = {
    val definition = read(json, implicitly[ClassTag[T]].runtimeClass.getSimpleName)
    codec.getMethods.find(_.getName == "toJsonStr").get.invoke(null, definition, null).asInstanceOf[String]
  }

  def semanticHash(join: String, excludeTopic: Boolean): Map[String, String] =
    call(
      ops("JoinOps", read(join, "Join")),
      "semanticHash",
      Boolean.box(excludeTopic)
    ).asInstanceOf[Map[String, String]]

  def unpacked(aggregation: String): Seq[(String, String)] =
    call(ops("AggregationOps", read(aggregation, "Aggregation")), "unpack").asInstanceOf[Seq[AnyRef]].map {
      part =>
        val names = ops("AggregationPartOps", part)
        (
          call(names, "outputColumnName").asInstanceOf[String],
          call(names, "incrementalOutputColumnName").asInstanceOf[String]
        )
    }

  def partition(method: String, arguments: AnyRef*): String = {
    val spec = theirs("PartitionSpec").getConstructors.head.newInstance(
      "yyyy-MM-dd",
      Long.box(86400000L)
    ).asInstanceOf[AnyRef]
    val crossed = arguments.map {
      case window: Window => read(ThriftJsonCodec.toJsonStr(window), "Window")
      case other          => other
    }
    call(spec, method, crossed: _*).asInstanceOf[String]
  }
}
