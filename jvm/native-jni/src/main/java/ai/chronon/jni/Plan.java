package ai.chronon.jni;

import java.nio.charset.StandardCharsets;

/**
 * A checked definition. Immutable and safe for many threads. Sessions keep what they need of it, so it may be closed before them.
 */
public final class Plan extends NativeHandle {
  private Plan(long handle) {
    super(handle, "plan " + Long.toHexString(handle));
  }

  /**
   * Checks a GroupBy and keeps its plan.
   *
   * @param groupBy the definition in Thrift binary form
   * @param options JSON: {@code {"dialect":"airbnb","resolution":"five_minute","columns":[{"name":"amount","type":"double"}]}},
   *     and {@code "strict":false} where estimates may be better than the reference's
   * @throws NativeException naming definition, column and what would be right
   * @throws NativeLoadException when there is no usable native library
   */
  public static Plan open(byte[] groupBy, String options) {
    NativeLibrary.load();
    return new Plan(NativeCalls.planOpen(groupBy, options.getBytes(StandardCharsets.UTF_8)));
  }

  /** Inputs, outputs and members of a batch IR as JSON: {@code {"inputs":[{"name","type"}],"outputs":[{"name","type","aggregation","bucket","window"}],"batch_ir":[{"name","type"}]}}. */
  public String describe() {
    return new String(NativeCalls.planDescribe(handle()), StandardCharsets.UTF_8);
  }
}
