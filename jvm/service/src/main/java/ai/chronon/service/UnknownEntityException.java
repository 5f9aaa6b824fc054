package ai.chronon.service;

/** Metadata does not have the join or group-by that was asked for. */
public final class UnknownEntityException extends RuntimeException {
  public UnknownEntityException(FeatureSource.Kind kind, String name, Throwable cause) {
    super("there is no " + kind.text() + " " + name + " in the metadata: is it spelled team/name.version, and uploaded?", cause);
  }
}
