package chronon.differential

import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import com.fasterxml.jackson.databind.node.{JsonNodeFactory, ObjectNode}

import java.io.BufferedOutputStream

/** One JSON case per line on standard input, one JSON result per line on standard output, in the same order.
  *
  * A result has `outputs` (names and types), `values` (a row per query), and, where the mode stores anything,
  * `records` (the stored bytes by name, in hex) with the `schemas` of some, or `unstored` (why there are none). When the case carries `records` of
  * its own, they are decoded with the reference's codecs in place of the reference's own bytes, and the result has
  * `decoded`, the values that follow, or `undecodable`.
  */
object KernelOracle {
  private val modes: Map[String, Mode] =
    Map("row" -> RowMode, "sawtooth" -> SawtoothMode, "online" -> OnlineMode, "tiled" -> OnlineMode, "many" -> ManyMode)

  def main(args: Array[String]): Unit = {
    val stdout = new BufferedOutputStream(System.out, 1 << 20)
    System.setOut(System.err) // the reference prints; results must stay alone on standard output
    val mapper = new ObjectMapper
    val out = mapper.createGenerator(stdout)
    val cases = mapper.readerFor(classOf[JsonNode]).readValues[JsonNode](System.in)
    while (cases.hasNext) {
      val parsed = cases.next()
      val result = JsonNodeFactory.instance.objectNode()
      result.set[JsonNode]("id", parsed.get("id"))
      try answer(parsed, result)
      catch { case e: Throwable => result.put("error", chain(e)) }
      out.writeTree(result)
      out.writeRaw('\n')
      if (System.in.available() == 0) out.flush() // else more cases are on their way: they are answered together
    }
    out.flush()
  }

  private def answer(parsed: JsonNode, result: ObjectNode): Unit = {
    val c = new Case(parsed)
    val mode = modes(parsed.get("mode").asText)
    val run = mode.run(c, None)
    val columns = result.putArray("outputs")
    run.outputs.foreach { case (name, t) => columns.addArray().add(name).add(Types.jsonOf(t)) }
    result.set[JsonNode]("values", Json.table(run.values, run.outputs.length))
    val records = result.putObject("records")
    run.records.toSeq.sortBy(_._1).foreach { case (name, bytes) => records.put(name, Json.hex(bytes)) }
    val schemas = result.putObject("schemas")
    run.schemas.foreach { case (name, text) => schemas.put(name, text) }
    if (run.unstored.nonEmpty) result.put("unstored", run.unstored.get)
    c.records.foreach { theirs =>
      try result.set[JsonNode]("decoded", Json.table(mode.run(c, Some(theirs)).values, run.outputs.length))
      catch { case e: Throwable => result.put("undecodable", chain(e)) }
    }
  }

  def chain(e: Throwable): String =
    Iterator.iterate(e)(_.getCause).takeWhile(_ != null).take(4).map(_.toString).mkString(" <- ")
}
