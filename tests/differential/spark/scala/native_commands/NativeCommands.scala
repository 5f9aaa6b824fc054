package chronon.differential

import ai.chronon.spark.Driver
import com.fasterxml.jackson.databind.ObjectMapper

import java.io.File
import scala.collection.JavaConverters._

/** Runs command lines of ours in one JVM. args: a file with a JSON list of lists of words, and one for what they give:
  * `[{"status": 0, "out": […], "err": […]}, …]`.
  */
object NativeCommands {
  def main(args: Array[String]): Unit = {
    val mapper = new ObjectMapper
    val results = mapper.createArrayNode()
    mapper.readTree(new File(args(0))).asScala.foreach { words =>
      val result = results.addObject()
      val (out, err) = (result.putArray("out"), result.putArray("err"))
      result.put("status", Driver.run(words.asScala.map(_.asText).toList, out.add(_: String), err.add(_: String)))
    }
    mapper.writeValue(new File(args(1)), results)
    System.exit(0)
  }
}
