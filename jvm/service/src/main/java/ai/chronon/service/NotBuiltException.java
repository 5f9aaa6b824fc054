package ai.chronon.service;

/** The service understands what is asked but does not have it; the message says what, and what there is instead. */
public final class NotBuiltException extends RuntimeException {
  public NotBuiltException(String message) {
    super(message);
  }
}
