package ai.chronon.jni;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** What every native call throws when it fails: a code to act on, a message to read, and where it happened. */
public final class NativeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final NativeErrorCode code;
  private final String detail;
  private final List<String> context;

  /** Called by the native library: the number of a code, and context lines that each end in a newline. */
  @SuppressWarnings("unused")
  private NativeException(int code, String detail, String context) {
    super(text(detail, lines(context)));
    this.code = NativeErrorCode.of(code);
    this.detail = detail;
    this.context = lines(context);
  }

  /** The kind of failure. */
  public NativeErrorCode code() {
    return code;
  }

  /** What was found and what would be right, without context; {@link #getMessage} has both. */
  public String detail() {
    return detail;
  }

  /** Where it happened, innermost first: column, definition, native method. */
  public List<String> context() {
    return context;
  }

  private static String text(String detail, List<String> context) {
    StringBuilder text = new StringBuilder(detail);
    for (String line : context) text.append("\n  in ").append(line);
    return text.toString();
  }

  private static List<String> lines(String context) {
    return context.isEmpty() ? Collections.<String>emptyList() : Collections.unmodifiableList(Arrays.asList(context.split("\n")));
  }
}
