package chronon.differential

import ai.chronon.spark.Driver

/** Our command line in this JVM. */
object NativeDriver {

  /** Runs one command, which must end well. */
  def run(words: String*): Unit = {
    val errors = new StringBuilder
    val status = Driver.run(words, out = _ => (), err = errors.append(_).append('\n'))
    require(status == 0, s"${words.mkString(" ")}: $errors")
  }
}
