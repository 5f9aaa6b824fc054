package ai.chronon.online;

import java.util.function.Function;
import scala.util.Try;

/** What came of an attempt: a value, which may be null, or the error that prevented it. */
public abstract class JTry<V> {

  private JTry() {}

  public static <V> JTry<V> failure(Throwable error) {
    return new Failure<>(error);
  }

  public static <V> JTry<V> success(V value) {
    return new Success<>(value);
  }

  public static <V> JTry<V> fromScala(Try<V> attempt) {
    return attempt.isSuccess() ? success(attempt.get()) : failure(attempt.failed().get());
  }

  public abstract boolean isSuccess();

  /** The error; asking a success for it is one itself. */
  public abstract Throwable getException();

  /** The value; a failure throws its error, as the cause of a RuntimeException. */
  public abstract V getValue();

  /** The result of a function on the value. What the function throws becomes a failure; a failure stays as it is. */
  public abstract <U> JTry<U> map(Function<? super V, ? extends U> function);

  public Try<V> toScala() {
    return isSuccess()
        ? new scala.util.Success<>(getValue())
        : new scala.util.Failure<>(getException());
  }

  private static final class Success<V> extends JTry<V> {
    private final V value;

    Success(V value) {
      this.value = value;
    }

    @Override
    public boolean isSuccess() {
      return true;
    }

    @Override
    public Throwable getException() {
      throw new RuntimeException("a success has no exception");
    }

    @Override
    public V getValue() {
      return value;
    }

    @Override
    public <U> JTry<U> map(Function<? super V, ? extends U> function) {
      try {
        return success(function.apply(value));
      } catch (Throwable error) {
        return failure(error);
      }
    }
  }

  private static final class Failure<V> extends JTry<V> {
    private final Throwable error;

    Failure(Throwable error) {
      this.error = error;
    }

    @Override
    public boolean isSuccess() {
      return false;
    }

    @Override
    public Throwable getException() {
      return error;
    }

    @Override
    public V getValue() {
      throw new RuntimeException(error);
    }

    @Override
    public <U> JTry<U> map(Function<? super V, ? extends U> function) {
      return failure(error);
    }
  }
}
