package ai.chronon.online;

import java.io.Serializable;
import java.util.function.Function;

/** A function that can be shipped to another process. */
public interface SerializableFunction<T, R> extends Function<T, R>, Serializable {}
