package ai.chronon.online;

import java.io.Serializable;
import java.util.Map;

/**
 * Switches that an integrator can turn while a process runs.
 *
 * <p>Which flags are asked for, and with which attributes, is in the README of this module. An answer must come at once: it
 * is waited for on the thread of a request.
 */
public interface FlagStore extends Serializable {

  /** Whether a flag is on for what the attributes describe; null counts as off. */
  Boolean isSet(String flagName, Map<String, String> attributes);
}
