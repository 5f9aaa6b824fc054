package ai.chronon.stores.sqlite

import ai.chronon.online.KVStore.{GetRequest, PutRequest}
import ai.chronon.online.testkit.{FetchFaults, KVStoreContract}
import ai.chronon.online.{KVStore, UploadTable}

import java.io.File
import java.nio.file.Files
import java.sql.DriverManager
import scala.reflect.io.Directory

class SqliteStoreSuite extends KVStoreContract with FetchFaults {

  override def withStore(uploads: UploadTable)(test: KVStore => Unit): Unit =
    inFolder(folder => closing(new SqliteStore(SqliteSettings(new File(folder, "store.db")), uploads))(test))

  test("a batch is read while another connection is in the middle of writing, in its old state") {
    inFolder { folder =>
      val file = new File(folder, "store.db")
      closing(new SqliteStore(SqliteSettings(file))) { store =>
        put(store, batch, "a", "old", today)
        // Another process has no more than the file: a connection that knows nothing of the store's.
        val other = DriverManager.getConnection(s"jdbc:sqlite:$file")
        try {
          other.setAutoCommit(false)
          other.createStatement().executeUpdate("UPDATE entry SET value = x'6e6577'")
          assert(values(store, batch, "a", None) == Seq(("old", today)))
          other.commit()
          assert(values(store, batch, "a", None) == Seq(("new", today)))
        } finally other.close()
      }
    }
  }

  test("two stores on one file see each other's writes") {
    inFolder { folder =>
      val settings = SqliteSettings(new File(folder, "store.db"))
      closing(new SqliteStore(settings)) { one =>
        closing(new SqliteStore(settings)) { two =>
          for (i <- 0 until 20) put(if (i % 2 == 0) one else two, streaming, "a", s"$i", today + i)
          for (store <- Seq(one, two)) assert(values(store, streaming, "a", Some(today)).size == 20)
        }
      }
    }
  }

  test("a bulk load that breaks off leaves nothing behind") {
    inFolder { folder =>
      closing(new SqliteStore(SqliteSettings(new File(folder, "store.db")), BrokenUploads)) { store =>
        put(store, batch, "k0", "before", today - day)
        intercept[IllegalArgumentException](store.bulkPut("db.broken", batch, null))
        assert(values(store, batch, "k0", None) == Seq(("before", today - day)))
        assert(await(store.get(GetRequest(bytes("k1"), batch))).values.isFailure)
        put(store, batch, "k0", "after", today)
        assert(values(store, batch, "k0", None) == Seq(("after", today)))
      }
    }
  }

  test("a store opened again has what was written") {
    inFolder { folder =>
      val settings = SqliteSettings(new File(folder, "store.db"))
      closing(new SqliteStore(settings))(put(_, batch, "a", "1", today))
      closing(new SqliteStore(settings))(store =>
        assert(values(store, batch, "a", None) == Seq(("1", today)))
      )
    }
  }

  test("the sweep takes what has expired, and never metadata") {
    inFolder { folder =>
      closing(new SqliteStore(SqliteSettings(new File(folder, "store.db"), retentionMillis = 2 * day))) {
        store =>
          for (age <- 0 to 4; dataset <- Seq(batch, streaming, metadata, series))
            put(store, dataset, "a", s"$age", today - age * day)
          put(store, batch, "group_by_serving_info", "{}", today - 9 * day)
          // The newest upload is old itself: batch data is kept relative to it.
          put(store, "OLD_BATCH", "a", "last", today - 30 * day)
          assert(store.sweep(batch, today) == 2)
          assert(store.sweep(streaming, today) == 2)
          assert(Seq(metadata, series, "OLD_BATCH", "NOT_THERE_BATCH").map(store.sweep(_, today)) ==
            Seq(0, 0, 0, 0))
          assert(values(store, streaming, "a", Some(0L)).map(_._1) == Seq("2", "1", "0"))
          assert(values(store, series, "a", None).size == 5)
          assert(values(store, batch, "group_by_serving_info", None).size == 1)
          assert(values(store, "OLD_BATCH", "a", None).size == 1)
      }
    }
  }

  test("a closed store says so") {
    inFolder { folder =>
      val store = new SqliteStore(SqliteSettings(new File(folder, "store.db")))
      store.close()
      store.close()
      val error = intercept[IllegalStateException](await(store.multiPut(Seq(PutRequest(
        bytes("a"),
        bytes("b"),
        batch
      )))))
      assert(error.getMessage.contains("store.db is closed"))
    }
  }

  test("a file of something else is refused") {
    inFolder { folder =>
      val text = new File(folder, "notes.txt")
      Files.write(text.toPath, bytes("these are notes, and no database at all " * 50))
      val error = intercept[IllegalArgumentException](new SqliteStore(SqliteSettings(text)))
      assert(error.getMessage.contains("notes.txt"))

      val other = new File(folder, "other.db")
      val connection = DriverManager.getConnection(s"jdbc:sqlite:$other")
      connection.createStatement().execute("CREATE TABLE recipes (name TEXT)")
      connection.close()
      val second = intercept[IllegalArgumentException](new SqliteStore(SqliteSettings(other)))
      assert(second.getMessage.contains("other.db is not a store") &&
        second.getMessage.contains("something else"))
    }
  }

  test("bad settings: one error that names the setting and what would be right") {
    inFolder { folder =>
      def refused(conf: (String, String)*): String =
        intercept[IllegalArgumentException](SqliteSettings.of(conf.toMap)).getMessage
      assert(refused().contains("`path` is missing: the database file"))
      assert(refused("path" -> "x.db", "pfad" -> "y").contains("unknown setting `pfad`"))
      assert(refused("path" -> s"$folder/no/x.db").contains("folder does not exist"))
      assert(refused("path" -> s"$folder").contains("is the folder"))
      assert(refused(
        "path" -> s"$folder/x.db",
        "readers" -> "many"
      ).contains("`many`, and must be a whole number from 1 to 256"))
      assert(SqliteSettings.of(Map("path" -> s"$folder/x.db", "retention_days" -> "7")).retentionMillis ==
        7 * day)
    }
  }

  apiTest("ai.chronon.stores.sqlite.SqliteApi", "pfad" -> "x")(
    Map("path" -> Files.createTempDirectory("sqlite-store").resolve("store.db").toString)
  )(api => assert(api.externalRegistry eq api.externalRegistry))

  private def closing[T](store: SqliteStore)(body: SqliteStore => T): T =
    try body(store)
    finally store.close()

  private def inFolder(body: File => Unit): Unit = {
    val folder = Files.createTempDirectory("sqlite-store").toFile
    try body(folder)
    finally { new Directory(folder).deleteRecursively(); () }
  }
}
