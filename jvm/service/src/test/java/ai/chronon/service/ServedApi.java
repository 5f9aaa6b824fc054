package ai.chronon.service;

import ai.chronon.api.Accuracy;
import ai.chronon.api.Aggregation;
import ai.chronon.api.EventSource;
import ai.chronon.api.GroupBy;
import ai.chronon.api.GroupByServingInfo;
import ai.chronon.api.Join;
import ai.chronon.api.JoinPart;
import ai.chronon.api.MetaData;
import ai.chronon.api.Operation;
import ai.chronon.api.Query;
import ai.chronon.api.Source;
import ai.chronon.api.TableNames;
import ai.chronon.api.ThriftJsonCodec;
import ai.chronon.online.Api;
import ai.chronon.online.ExternalSourceRegistry;
import ai.chronon.online.GroupByServingInfoParsed;
import ai.chronon.online.KVStore;
import ai.chronon.online.LoggableResponse;
import ai.chronon.online.StreamDecoder;
import ai.chronon.online.StringArrayConverter;
import ai.chronon.online.serde.AvroCodec;
import ai.chronon.online.testkit.FaultyStore;
import ai.chronon.online.testkit.MemoryStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.apache.thrift.TBase;
import scala.Option;
import scala.collection.JavaConverters;
import scala.collection.immutable.Map;
import scala.reflect.ManifestFactory;

/**
 * An integrator's class, as a service is started with: a store in memory that has two group-bys, a join of them, and the lists of
 * the team {@code shop}.
 *
 * <p>{@code shop.users.v1} serves a selected column, {@code shop.sales.v1} the sum of streamed amounts.
 */
public final class ServedApi extends Api {
  /** 2024-03-17, midnight UTC. */
  static final long BATCH_END = 1_710_633_600_000L;

  /** What the last instance was given. */
  static volatile Map<String, String> settings;

  /** The store of the last instance. */
  static volatile FaultyStore store;

  private static final String KEYS = record("Key", "user", "long");

  public ServedApi(Map<String, String> userConf) {
    super(userConf);
    settings = userConf;
  }

  @Override
  public KVStore genKvStore() {
    MemoryStore memory = new MemoryStore(() -> null);
    GroupBy users = groupBy("shop.users.v1", Accuracy.SNAPSHOT);
    GroupBy sales = groupBy("shop.sales.v1", Accuracy.TEMPORAL);
    Aggregation sum = new Aggregation();
    sum.setInputColumn("amount");
    sum.setOperation(Operation.SUM);
    sum.setArgMap(new HashMap<>());
    sales.setAggregations(new ArrayList<>(List.of(sum)));

    String country = record("Value", "country", "string");
    String amount = record("Value", "amount", "double");
    putDefinition(memory, TableNames.batchDataset(users), "group_by_serving_info", servingInfo(users, country));
    putDefinition(memory, TableNames.batchDataset(sales), "group_by_serving_info", servingInfo(sales, amount));
    byte[] key = encode(KEYS, "user", 5L);
    put(memory, TableNames.batchDataset(users), key, encode(country, "country", "CH"), BATCH_END);
    put(memory, "SHOP_SALES_V1_STREAMING", key, encode(amount, "amount", 1.5), BATCH_END + 1_000);
    put(memory, "SHOP_SALES_V1_STREAMING", key, encode(amount, "amount", 2.0), BATCH_END + 2_000);

    Join join = new Join();
    join.setMetaData(metaData("shop.training.v1"));
    join.getMetaData().setOnline(true);
    join.setLeft(source(null));
    join.setJoinParts(new ArrayList<>(List.of(part(users), part(sales))));
    putDefinition(memory, "ZIPLINE_METADATA", "joins/shop/training.v1", join);
    putNames(memory, "joins/shop", "joins/shop/training.v1", "joins/shop/removed.v1");
    putNames(memory, "group_bys/shop", "group_bys/shop/users.v1", "group_bys/shop/sales.v1");
    store = new FaultyStore(memory);
    return store;
  }

  @Override
  public StreamDecoder streamDecoder(GroupByServingInfoParsed servingInfo) {
    throw new UnsupportedOperationException("nothing streams here");
  }

  @Override
  public ExternalSourceRegistry externalRegistry() {
    return new ExternalSourceRegistry();
  }

  @Override
  public void logResponse(LoggableResponse response) {}

  /** Bytes of a record with one field. */
  static byte[] encode(String schema, String field, Object value) {
    return AvroCodec.of(schema).encode(scala.collection.immutable.Map$.MODULE$.<String, Object>empty().updated(field, value));
  }

  private static GroupByServingInfo servingInfo(GroupBy groupBy, String selected) {
    GroupByServingInfo info = new GroupByServingInfo();
    info.setGroupBy(groupBy);
    info.setBatchEndDate("2024-03-17");
    info.setKeyAvroSchema(KEYS);
    info.setSelectedAvroSchema(selected);
    return info;
  }

  private static GroupBy groupBy(String name, Accuracy accuracy) {
    GroupBy groupBy = new GroupBy();
    groupBy.setMetaData(metaData(name));
    groupBy.setSources(new ArrayList<>(List.of(source(accuracy == Accuracy.TEMPORAL ? "topic" : null))));
    groupBy.setKeyColumns(new ArrayList<>(List.of("user")));
    groupBy.setAccuracy(accuracy);
    return groupBy;
  }

  private static JoinPart part(GroupBy groupBy) {
    JoinPart part = new JoinPart();
    part.setGroupBy(groupBy);
    return part;
  }

  private static Source source(String topic) {
    Query query = new Query();
    query.setTimeColumn("ts");
    query.setSetups(new ArrayList<>());
    EventSource events = new EventSource();
    events.setTable("shop.events");
    events.setQuery(query);
    if (topic != null) events.setTopic(topic);
    return Source.events(events);
  }

  private static MetaData metaData(String name) {
    MetaData metaData = new MetaData();
    metaData.setName(name);
    metaData.setTeam("shop");
    return metaData;
  }

  private static String record(String name, String field, String type) {
    return "{\"type\":\"record\",\"name\":\"" + name + "\",\"fields\":[{\"name\":\"" + field + "\",\"type\":[\"null\",\"" + type + "\"]}]}";
  }

  private static <T extends TBase<?, ?>> void putDefinition(KVStore store, String dataset, String key, T definition) {
    @SuppressWarnings("unchecked")
    Class<T> kind = (Class<T>) definition.getClass();
    String json = ThriftJsonCodec.toJsonStr(definition, ManifestFactory.classType(kind));
    put(store, dataset, key.getBytes(StandardCharsets.UTF_8), json.getBytes(StandardCharsets.UTF_8), BATCH_END);
  }

  private static void putNames(KVStore store, String key, String... names) {
    byte[] value = StringArrayConverter.stringsToBytes(JavaConverters.asScalaBuffer(List.of(names)));
    put(store, "CHRONON_ENTITY_BY_TEAM", key.getBytes(StandardCharsets.UTF_8), value, BATCH_END);
  }

  private static void put(KVStore store, String dataset, byte[] key, byte[] value, long millis) {
    store.put(new KVStore.PutRequest(key, value, dataset, Option.apply(millis)));
  }
}
