package ai.chronon.service;

import ai.chronon.api.ColumnNames;
import ai.chronon.api.DataType;
import ai.chronon.api.Extensions;
import ai.chronon.api.GroupBy;
import ai.chronon.api.Join;
import ai.chronon.api.JoinPart;
import ai.chronon.api.StructField;
import ai.chronon.jni.NativeLibrary;
import ai.chronon.online.Api;
import ai.chronon.online.Fetcher;
import ai.chronon.online.FutureConverters;
import ai.chronon.online.GroupByServingInfoParsed;
import ai.chronon.online.JavaFetcher;
import ai.chronon.online.JavaRequest;
import ai.chronon.online.JavaResponse;
import ai.chronon.online.JoinCodec;
import ai.chronon.online.OnlineApiLoader;
import ai.chronon.online.serde.AvroConversions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.thrift.TBase;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.reflect.ManifestFactory;
import scala.util.Failure;
import scala.util.Try;

/**
 * The fetcher of an integrator's {@link Api} as a source of features.
 *
 * <p>Responses are aligned with requests: the fetcher gives none for a group-by request with a null key, here it is an answer
 * without features, as for a key that the store does not have.
 */
final class FetcherSource implements FeatureSource {
  private static final Logger LOG = LoggerFactory.getLogger(FetcherSource.class);
  private static final String CALLER = "feature-service";
  private static final String EXCEPTION = "_exception";

  /** Never a join's name: what is looked for when only the store's answer matters. */
  private static final String PROBE = "joins/chronon/readiness_probe";

  private final Fetcher fetcher;
  private final List<String> teams;

  private FetcherSource(Fetcher fetcher, List<String> teams) {
    this.fetcher = fetcher;
    this.teams = teams;
  }

  /**
   * Makes the integrator's class and its fetcher.
   *
   * @throws IllegalArgumentException naming the setting, class or jar that is wrong
   */
  static FetcherSource open(ServiceSettings settings) {
    if (settings.onlineClass() == null) {
      throw new IllegalArgumentException(
          "setting " + ServiceSettings.ONLINE_CLASS + " is missing; it must name a class that extends " + Api.class.getName());
    }
    Api api = OnlineApiLoader.load(settings.onlineClass(), Option.apply(settings.onlineJar()), toScala(settings.apiProps()));
    return new FetcherSource(api.buildFetcher(false, CALLER, false), settings.teams());
  }

  @Override
  public CompletionStage<List<Answer>> fetch(Kind kind, String name, List<Map<String, Object>> keys, Long atMillis) {
    return kind == Kind.JOIN
        ? fetchJoin(path(name), keys, atMillis).thenApply(responses -> responses.stream().map(FetcherSource::answer).toList())
        : fetchGroupBy(name, keys, atMillis);
  }

  private CompletionStage<List<JavaResponse>> fetchJoin(String name, List<Map<String, Object>> keys, Long atMillis) {
    // The fetcher throws for a join that it cannot read, which does not tell whether there is none.
    orUnknown(Kind.JOIN, name, () -> fetcher.getJoinConf().apply(name).get());
    return FutureConverters.toJava(fetcher.fetchJoin(requests(name, keys, atMillis), Option.empty()))
        .thenApply(JavaFetcher::toJavaResponses);
  }

  private CompletionStage<List<Answer>> fetchGroupBy(String name, List<Map<String, Object>> keys, Long atMillis) {
    List<Map<String, Object>> complete = keys.stream().filter(key -> !key.containsValue(null)).toList();
    return FutureConverters.toJava(fetcher.fetchGroupBys(requests(name, complete, atMillis)))
        .thenApply(JavaFetcher::toJavaResponses)
        .thenApply(responses -> aligned(keys, responses));
  }

  private static List<Answer> aligned(List<Map<String, Object>> keys, List<JavaResponse> responses) {
    List<Answer> answers = new ArrayList<>(keys.size());
    int next = 0;
    for (Map<String, Object> key : keys) {
      answers.add(key.containsValue(null) ? new Answer(key, null, null) : answer(responses.get(next++)));
    }
    return answers;
  }

  private static Answer answer(JavaResponse response) {
    if (response.values.isSuccess()) return new Answer(response.request.keys, response.values.getValue(), null);
    return new Answer(response.request.keys, null, message(response.values.getException()));
  }

  @Override
  public CompletionStage<List<AvroAnswer>> fetchAvro(String join, List<Map<String, Object>> keys, Long atMillis) {
    String name = path(join);
    CompletionStage<List<JavaResponse>> fetched = fetchJoin(name, keys, atMillis);
    JoinCodec codec = codec(name);
    return fetched.thenApply(responses -> responses.stream().map(response -> avroAnswer(codec, response)).toList());
  }

  private static AvroAnswer avroAnswer(JoinCodec codec, JavaResponse response) {
    Map<String, Object> values = response.values.getValue();
    Map<String, String> errors = new TreeMap<>();
    values.forEach(
        (name, value) -> {
          if (name.endsWith(EXCEPTION) && value != null) errors.put(name, value.toString());
        });
    try {
      return new AvroAnswer(response.request.keys, codec.valueCodec().encode(toScala(values)), errors);
    } catch (RuntimeException e) {
      LOG.error("the response of join {} does not fit its schema", response.request.name, e);
      errors.put("encoding" + EXCEPTION, message(e));
      return new AvroAnswer(response.request.keys, null, errors);
    }
  }

  @Override
  public Catalog catalog() {
    if (teams.isEmpty()) {
      throw new NotBuiltException("metadata cannot be listed without teams: name them in setting " + ServiceSettings.TEAMS);
    }
    List<String> online = new ArrayList<>();
    List<String> other = new ArrayList<>();
    List<String> groupBys = new ArrayList<>();
    for (String team : teams) {
      for (String name : listed(team, "joins/", Join.class)) (isOnline(name) ? online : other).add(name);
      for (String name : listed(team, "group_bys/", GroupBy.class)) groupBys.add(name.replaceFirst("/", "."));
    }
    return new Catalog(sorted(online), sorted(other), sorted(groupBys));
  }

  private <T extends TBase<?, ?>> List<String> listed(String team, String folder, Class<T> kind) {
    Try<Seq<String>> read = fetcher.getEntityListByTeam(team, ManifestFactory.classType(kind));
    if (read instanceof Failure<?> failed && isMissing(failed.exception())) return List.of();
    return JavaConverters.seqAsJavaList(read.get()).stream().map(key -> key.replaceFirst("^" + folder, "")).toList();
  }

  /** A list may name what was never uploaded, or was removed: then the name is shown, but not as one that can be fetched. */
  private boolean isOnline(String join) {
    try {
      return fetcher.getJoinConf().apply(join).get().join().getMetaData().isOnline();
    } catch (RuntimeException e) {
      LOG.warn("join {} is listed, but cannot be read: {}", join, message(e));
      return false;
    }
  }

  @Override
  public Schema schema(Kind kind, String name) {
    return kind == Kind.JOIN ? joinSchema(path(name)) : groupBySchema(name);
  }

  private Schema groupBySchema(String name) {
    GroupByServingInfoParsed info = servingInfo(name);
    return new Schema(name, info.keyCodec().schemaStr(), avro(info.responseChrononSchema()), null, List.of());
  }

  private Schema joinSchema(String name) {
    Extensions.JoinOps conf = orUnknown(Kind.JOIN, name, () -> fetcher.getJoinConf().apply(name).get());
    JoinCodec codec = codec(name);
    List<ValueInfo> values = new ArrayList<>();
    for (JoinPart part : conf.join().getJoinParts()) {
      String groupBy = part.getGroupBy().getMetaData().getName();
      String prefix = ColumnNames.fullPrefix(part);
      List<String> leftKeys = List.copyOf(JavaConverters.mapAsJavaMap(ColumnNames.rightToLeft(part)).values());
      for (StructField field : servingInfo(groupBy).responseChrononSchema().fields()) {
        values.add(new ValueInfo(prefix + "_" + field.name(), groupBy, prefix, leftKeys, avro(field.fieldType())));
      }
    }
    return new Schema(name, codec.keySchemaStr(), codec.valueSchemaStr(), codec.loggingSchemaHash(), values);
  }

  private GroupByServingInfoParsed servingInfo(String name) {
    return orUnknown(
        Kind.GROUP_BY,
        name,
        () -> {
          Try<GroupByServingInfoParsed> read = fetcher.getGroupByServingInfo().apply(name);
          // A failure is kept in the cache until somebody asks for it again.
          return (read.isSuccess() ? read : fetcher.getGroupByServingInfo().refresh(name)).get();
        });
  }

  private JoinCodec codec(String name) {
    Try<Tuple2<JoinCodec, Object>> read = fetcher.getJoinCodecs().apply(name);
    return (read.isSuccess() ? read : fetcher.getJoinCodecs().refresh(name)).get()._1();
  }

  @Override
  public List<Check> checks() {
    return List.of(new Check("metadata", metadataProblem()), new Check("native", nativeProblem()));
  }

  private String metadataProblem() {
    Try<Join> read = fetcher.getConf(PROBE, ManifestFactory.classType(Join.class));
    return read instanceof Failure<?> failed && !isMissing(failed.exception()) ? message(failed.exception()) : null;
  }

  private static String nativeProblem() {
    try {
      NativeLibrary.load();
      return null;
    } catch (RuntimeException e) {
      return message(e);
    }
  }

  @Override
  public void close() {
    fetcher.close();
    if (fetcher.kvStore() instanceof AutoCloseable store) {
      try {
        store.close();
      } catch (Exception e) {
        LOG.warn("the store could not be closed", e);
      }
    }
  }

  /** Metadata has joins by their path, definitions by dots: the first dot is the slash behind the team. */
  private static String path(String name) {
    return name.contains("/") ? name : name.replaceFirst("\\.", "/");
  }

  private interface Read<T> {
    T get();
  }

  private static <T> T orUnknown(Kind kind, String name, Read<T> read) {
    try {
      return read.get();
    } catch (RuntimeException e) {
      if (isMissing(e)) throw new UnknownEntityException(kind, name, e);
      throw e;
    }
  }

  /** Whether a store has answered that it has no such key. */
  private static boolean isMissing(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof NoSuchElementException) return true;
    }
    return false;
  }

  private static String message(Throwable failure) {
    String text = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    Throwable cause = failure.getCause();
    return cause == null || cause.getMessage() == null || text.contains(cause.getMessage()) ? text : text + ": " + cause.getMessage();
  }

  private static Seq<Fetcher.Request> requests(String name, List<Map<String, Object>> keys, Long atMillis) {
    Function<Map<String, Object>, Fetcher.Request> request = key -> new JavaRequest(name, key, atMillis).toScalaRequest();
    return JavaConverters.asScalaBuffer(keys.stream().map(request).toList());
  }

  private static <T> scala.collection.immutable.Map<String, T> toScala(Map<String, T> entries) {
    scala.collection.immutable.Map<String, T> result = scala.collection.immutable.Map$.MODULE$.empty();
    for (Map.Entry<String, T> entry : new LinkedHashMap<>(entries).entrySet()) {
      result = result.updated(entry.getKey(), entry.getValue());
    }
    return result;
  }

  private static List<String> sorted(List<String> names) {
    return names.stream().sorted().toList();
  }

  private static String avro(DataType type) {
    return AvroConversions.fromChrononSchema(type, AvroConversions.fromChrononSchema$default$2()).toString();
  }
}
