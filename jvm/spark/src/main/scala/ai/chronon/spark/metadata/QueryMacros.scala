package ai.chronon.spark.metadata

import ai.chronon.spark.DefinitionException

import java.util.regex.Matcher

/** Macros in the text of a staging query: `{{ start_date }}`, `{{ end_date }}`, `{{ latest_date }}`, `{{ max_date(table=ns.t) }}`. */
private[spark] object QueryMacros {
  private val date = """\{\{\s*(?:start_date|end_date|latest_date|max_date\([\s0-9A-Za-z_.,=]*\))\s*\}\}""".r
  private val other = """\{\{\s*\w[^}]*\}?\}?""".r

  /** The text with one day for each macro: enough to know its columns. No table is asked for its dates.
    *
    * @throws ai.chronon.spark.DefinitionException naming a macro that there is not
    */
  def withDay(owner: String, query: String, day: String): String = {
    val rendered = date.replaceAllIn(query, Matcher.quoteReplacement(day))
    other.findFirstIn(rendered).foreach { unknown =>
      throw DefinitionException.of(
        owner,
        "query",
        unknown,
        "no such macro; there are start_date, end_date, latest_date and max_date(table=…)"
      )
    }
    rendered
  }
}
