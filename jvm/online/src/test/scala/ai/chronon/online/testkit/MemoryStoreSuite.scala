package ai.chronon.online.testkit

import ai.chronon.online.{KVStore, UploadTable}

class MemoryStoreSuite extends KVStoreContract with FetchFaults {
  override def withStore(uploads: UploadTable)(test: KVStore => Unit): Unit = test(new MemoryStore(uploads))
}
