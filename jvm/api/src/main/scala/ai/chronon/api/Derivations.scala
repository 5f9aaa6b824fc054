package ai.chronon.api

import scala.collection.JavaConverters._

/** What a list of derivations says about itself, before any engine looks at an expression. */
object Derivations {
  private val Identifier = "[a-zA-Z_][a-zA-Z0-9_]*"

  def of(groupBy: GroupBy): List[Derivation] = list(groupBy.getDerivations)

  def of(join: Join): List[Derivation] = list(join.getDerivations)

  def isStar(derivation: Derivation): Boolean = derivation.getName == "*"

  /** Whether the base columns are kept that no other derivation takes as they are. */
  def hasStar(derivations: Seq[Derivation]): Boolean = derivations.exists(isStar)

  def withoutStar(derivations: Seq[Derivation]): List[Derivation] = derivations.toList.filterNot(isStar)

  /** Whether the expression is a bare name, so that no engine is needed. */
  def isRename(derivation: Derivation): Boolean = derivation.getExpression.matches(Identifier)

  def areRenames(derivations: Seq[Derivation]): Boolean = withoutStar(derivations).forall(isRename)

  /** All expressions as written: a base column that is one of them is not kept by the star. */
  def expressions(derivations: Seq[Derivation]): Set[String] = derivations.map(_.getExpression).toSet

  /** Names and expressions of the derived columns in order: first what the star keeps of `base`, then the others. A name
    * can come twice; the later one counts.
    */
  def projection(derivations: Seq[Derivation], base: Seq[String]): Seq[(String, String)] = {
    val used = expressions(derivations)
    val kept = if (hasStar(derivations)) base.filterNot(used).map(name => name -> name) else Nil
    kept ++ withoutStar(derivations).map(d => d.getName -> d.getExpression)
  }

  private def list(derivations: java.util.List[Derivation]): List[Derivation] =
    Option(derivations).map(_.asScala.toList).getOrElse(Nil)
}
