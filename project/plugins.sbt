// Versions are chosen so that every transitive artefact resolves from Maven Central alone.
addSbtPlugin("com.eed3si9n" % "sbt-assembly" % "2.3.1")
addSbtPlugin("org.scalameta" % "sbt-scalafmt" % "2.6.2")
addSbtPlugin("com.github.sbt.junit" % "sbt-jupiter-interface" % "0.15.0")
