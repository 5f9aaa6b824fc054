package ai.chronon.online;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import scala.Option;
import scala.collection.Seq;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;

/** Fetches features for callers in Java. Whoever is done with one before the process ends closes it: it holds native plans. */
public class JavaFetcher implements AutoCloseable {
  private static final int LEGACY_CHUNK_SIZE = 32;

  Fetcher fetcher;

  /** Like the others with five or more arguments, it splits the requests of a join into chunks of 32. */
  public JavaFetcher(
      KVStore kvStore,
      String metaDataSet,
      Long timeoutMillis,
      Consumer<LoggableResponse> logFunc,
      ExternalSourceRegistry registry,
      String callerName,
      Boolean disableErrorThrows) {
    this(kvStore, metaDataSet, timeoutMillis, logFunc, registry, callerName, null, disableErrorThrows);
  }

  public JavaFetcher(
      KVStore kvStore,
      String metaDataSet,
      Long timeoutMillis,
      Consumer<LoggableResponse> logFunc,
      ExternalSourceRegistry registry) {
    this(kvStore, metaDataSet, timeoutMillis, logFunc, registry, null, null, false);
  }

  public JavaFetcher(
      KVStore kvStore,
      String metaDataSet,
      Long timeoutMillis,
      Consumer<LoggableResponse> logFunc,
      ExternalSourceRegistry registry,
      String callerName,
      FlagStore flagStore,
      Boolean disableErrorThrows) {
    this(
        new Builder(kvStore, metaDataSet, timeoutMillis, logFunc, registry)
            .callerName(callerName)
            .flagStore(flagStore)
            .disableErrorThrows(disableErrorThrows)
            .joinFetchParallelChunkSize(LEGACY_CHUNK_SIZE));
  }

  private JavaFetcher(Builder builder) {
    this.fetcher =
        new Fetcher(
            builder.kvStore,
            builder.metaDataSet,
            builder.timeoutMillis,
            builder.logFunc,
            builder.debug,
            builder.registry,
            builder.callerName,
            builder.flagStore,
            builder.disableErrorThrows,
            builder.executionContextOverride,
            Option.apply(builder.joinFetchParallelChunkSize),
            builder.modelBackend);
  }

  /** Frees what the fetcher holds outside of the JVM; the store stays open, as it is the caller's. */
  @Override
  public void close() {
    fetcher.close();
  }

  public static List<JavaResponse> toJavaResponses(Seq<Fetcher.Response> responses) {
    return JavaConversions.mapped(responses, JavaResponse::new);
  }

  public static List<JavaStructuredResponse> toJavaStructuredResponses(
      Seq<Fetcher.StructuredResponse> responses) {
    return JavaConversions.mapped(responses, JavaStructuredResponse::new);
  }

  public static List<JavaStatsResponse> toJavaStatsResponses(Seq<Fetcher.StatsResponse> responses) {
    return JavaConversions.mapped(responses, JavaStatsResponse::new);
  }

  public static JavaStatsResponse toJavaStatsResponse(Fetcher.StatsResponse response) {
    return new JavaStatsResponse(response);
  }

  public static JavaSeriesStatsResponse toJavaSeriesStatsResponse(
      Fetcher.SeriesStatsResponse response) {
    return new JavaSeriesStatsResponse(response);
  }

  public CompletableFuture<List<JavaResponse>> fetchGroupBys(List<JavaRequest> requests) {
    return timed(
        Metrics.Environment$.MODULE$.GroupByFetching(),
        requests,
        fetcher::fetchGroupBys,
        JavaFetcher::toJavaResponses);
  }

  /** An unknown join is an exception of the call itself, everything else is in the future or the responses. */
  public CompletableFuture<List<JavaResponse>> fetchJoin(List<JavaRequest> requests) {
    return timed(
        Metrics.Environment$.MODULE$.JoinFetching(),
        requests,
        asked -> fetcher.fetchJoin(asked, Option.empty()),
        JavaFetcher::toJavaResponses);
  }

  public CompletableFuture<List<JavaStructuredResponse>> fetchGroupBysStructured(
      List<JavaRequest> requests) {
    return timed(
        Metrics.Environment$.MODULE$.GroupByFetching(),
        requests,
        fetcher::fetchGroupBysStructured,
        JavaFetcher::toJavaStructuredResponses);
  }

  public CompletableFuture<List<JavaStructuredResponse>> fetchJoinStructured(
      List<JavaRequest> requests) {
    return timed(
        Metrics.Environment$.MODULE$.JoinFetching(),
        requests,
        asked -> fetcher.fetchJoinStructured(asked, Option.empty()),
        JavaFetcher::toJavaStructuredResponses);
  }

  /** One future per chunk, in the order of the requests. */
  public List<CompletableFuture<List<JavaResponse>>> fetchJoinChunked(
      List<JavaRequest> requests, int chunkSize) {
    return JavaConversions.mapped(
        fetcher.fetchJoinChunked(asked(requests), chunkSize, Option.empty()),
        chunk -> future(chunk).thenApply(JavaFetcher::toJavaResponses));
  }

  public CompletableFuture<JavaSeriesStatsResponse> fetchStatsTimeseries(JavaStatsRequest request) {
    return future(fetcher.fetchStatsTimeseries(request.toScalaRequest()))
        .thenApply(JavaFetcher::toJavaSeriesStatsResponse);
  }

  public CompletableFuture<JavaSeriesStatsResponse> fetchLogStatsTimeseries(
      JavaStatsRequest request) {
    return future(fetcher.fetchLogStatsTimeseries(request.toScalaRequest()))
        .thenApply(JavaFetcher::toJavaSeriesStatsResponse);
  }

  public CompletableFuture<JavaSeriesStatsResponse> fetchConsistencyMetricsTimeseries(
      JavaStatsRequest request) {
    return future(fetcher.fetchConsistencyMetricsTimeseries(request.toScalaRequest()))
        .thenApply(JavaFetcher::toJavaSeriesStatsResponse);
  }

  private static Seq<Fetcher.Request> asked(List<JavaRequest> requests) {
    return JavaConversions.toScala(requests, JavaRequest::toScalaRequest);
  }

  private static <T> CompletableFuture<T> future(Future<T> of) {
    return FutureConverters.toJava(of).toCompletableFuture();
  }

  /** Fetches, and reports what the conversions to and from Java took of it. */
  private <A, B> CompletableFuture<B> timed(
      String environment,
      List<JavaRequest> requests,
      Function<Seq<Fetcher.Request>, Future<A>> fetch,
      Function<A, B> convert) {
    JavaFetchTimes times = new JavaFetchTimes(environment, requests);
    Seq<Fetcher.Request> asked = asked(requests);
    times.requestsConverted();
    return future(fetch.apply(asked))
        .thenApply(
            responses -> {
              times.responsesArrived();
              B converted = convert.apply(responses);
              times.responsesConverted();
              return converted;
            });
  }

  /** Chooses what a fetcher is made of; what is not chosen has the default of {@link Fetcher}. */
  public static class Builder {
    private final KVStore kvStore;
    private final String metaDataSet;
    private final Long timeoutMillis;
    private final Consumer<LoggableResponse> logFunc;
    private final ExternalSourceRegistry registry;
    private String callerName;
    private FlagStore flagStore;
    private boolean disableErrorThrows;
    private boolean debug;
    private ExecutionContext executionContextOverride;
    private Integer joinFetchParallelChunkSize;
    private ModelBackend modelBackend;

    public Builder(
        KVStore kvStore,
        String metaDataSet,
        Long timeoutMillis,
        Consumer<LoggableResponse> logFunc,
        ExternalSourceRegistry registry) {
      this.kvStore = kvStore;
      this.metaDataSet = metaDataSet;
      this.timeoutMillis = timeoutMillis;
      this.logFunc = logFunc;
      this.registry = registry;
    }

    public Builder callerName(String callerName) {
      this.callerName = callerName;
      return this;
    }

    public Builder flagStore(FlagStore flagStore) {
      this.flagStore = flagStore;
      return this;
    }

    /** Whether streamed values that cannot be decoded are left out; null counts as no. */
    public Builder disableErrorThrows(Boolean disableErrorThrows) {
      this.disableErrorThrows = Boolean.TRUE.equals(disableErrorThrows);
      return this;
    }

    public Builder debug(Boolean debug) {
      this.debug = Boolean.TRUE.equals(debug);
      return this;
    }

    public Builder executionContextOverride(ExecutionContext executionContextOverride) {
      this.executionContextOverride = executionContextOverride;
      return this;
    }

    /** How many requests of a join make one chunk; null for no chunks, which is the default. */
    public Builder joinFetchParallelChunkSize(Integer joinFetchParallelChunkSize) {
      this.joinFetchParallelChunkSize = joinFetchParallelChunkSize;
      return this;
    }

    public Builder modelBackend(ModelBackend modelBackend) {
      this.modelBackend = modelBackend;
      return this;
    }

    public JavaFetcher build() {
      return new JavaFetcher(this);
    }
  }
}
