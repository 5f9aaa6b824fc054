package ai.chronon.stores.redis

import io.lettuce.core.{Range, RedisClient}
import io.lettuce.core.api.sync.RedisCommands
import io.lettuce.core.cluster.SlotHash
import io.lettuce.core.codec.ByteArrayCodec
import io.lettuce.core.output.StatusOutput
import io.lettuce.core.protocol.{CommandArgs, CommandType}

/** A cluster of real servers, each a master of its share of the slots. */
final class RedisCluster(masters: Int) extends AutoCloseable {
  val servers: Seq[RedisServer] = Seq.fill(masters)(new RedisServer(cluster = true))
  private var replicas: Seq[RedisServer] = Nil
  private val shares: Seq[Range[Integer]] = (0 until masters).map { i =>
    Range.create[Integer](SlotHash.SLOT_COUNT * i / masters, SlotHash.SLOT_COUNT * (i + 1) / masters - 1)
  }

  servers.zip(shares).foreach { case (server, share) =>
    RedisCluster.withCommands(server) { redis =>
      redis.clusterAddSlotsRange(share)
      servers.filter(_ != server).foreach(RedisCluster.meet(redis, _))
    }
  }
  // The nodes settle by themselves; stores connect after they have.
  servers.foreach(RedisCluster.withCommands(_) { redis =>
    RedisCluster.eventually(redis.clusterInfo()) { info =>
      info.contains("cluster_state:ok") && info.contains(s"cluster_slots_ok:${SlotHash.SLOT_COUNT}") &&
      info.contains(s"cluster_known_nodes:$masters")
    }
  })

  /** The server that has a key. */
  def of(key: Array[Byte]): RedisServer = {
    val slot = SlotHash.getSlot(key)
    servers.zip(shares).find { case (_, share) =>
      share.getLower.getValue <= slot && slot <= share.getUpper.getValue
    }
      .map(_._1).getOrElse(throw new NoSuchElementException(s"no node has slot $slot"))
  }

  /** A server that holds what one of them does, and could take its place. */
  def replicaOf(master: RedisServer): RedisServer = {
    val replica = new RedisServer(cluster = true)
    replicas = replicas :+ replica
    var id: String = null
    RedisCluster.withCommands(master) { redis =>
      id = redis.clusterMyId()
      RedisCluster.meet(redis, replica)
    }
    RedisCluster.withCommands(replica) { redis =>
      RedisCluster.eventually(redis.clusterNodes())(_.contains(id))
      redis.clusterReplicate(id)
      RedisCluster.eventually(redis.info("replication"))(_.contains("master_link_status:up"))
      ()
    }
    replica
  }

  override def close(): Unit = (servers ++ replicas).foreach(_.close())
}

object RedisCluster {

  /** Asks until the answer is the right one: what nodes tell each other takes its time. */
  def eventually[T](ask: => T)(right: T => Boolean): T = {
    val deadline = System.nanoTime() + 60L * 1000 * 1000 * 1000
    Iterator.continually { Thread.sleep(20); ask }.find(answer =>
      right(answer) || System.nanoTime() > deadline
    )
      .filter(right).getOrElse(throw new IllegalStateException("the cluster has not settled for a minute"))
  }

  def withCommands(server: RedisServer)(body: RedisCommands[Array[Byte], Array[Byte]] => Unit): Unit = {
    val client = RedisClient.create(s"redis://127.0.0.1:${server.port}")
    try body(client.connect(ByteArrayCodec.INSTANCE).sync())
    finally client.shutdown()
  }

  // with the port of the bus, which Lettuce has no argument for
  private def meet(redis: RedisCommands[Array[Byte], Array[Byte]], other: RedisServer): Unit = {
    val arguments = new CommandArgs(ByteArrayCodec.INSTANCE)
      .add("MEET").add("127.0.0.1").add(other.port.toLong).add(other.busPort.toLong)
    redis.dispatch(CommandType.CLUSTER, new StatusOutput(ByteArrayCodec.INSTANCE), arguments)
    ()
  }
}
