package ai.chronon.service;

/** A request that cannot be answered because of what it says; carries the HTTP status that tells so. */
final class RequestException extends RuntimeException {
  private final int status;

  RequestException(int status, String message) {
    super(message);
    this.status = status;
  }

  int status() {
    return status;
  }
}
