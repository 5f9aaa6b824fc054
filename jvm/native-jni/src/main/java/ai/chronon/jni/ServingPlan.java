package ai.chronon.jni;

import java.nio.charset.StandardCharsets;

/**
 * What is served of one GroupBy: how its stored values decode, merge and come out. Immutable and safe for many threads; opened
 * once per serving info and closed by the cache that keeps it. A part of a {@link FetchCall} whose plan was closed fails, and
 * only that part.
 */
public final class ServingPlan extends NativeHandle {
  private ServingPlan(long handle) {
    super(handle, "serving plan " + Long.toHexString(handle));
  }

  /**
   * Checks a GroupBy and keeps what serving it needs.
   *
   * @param groupBy the definition in Thrift binary form
   * @param options JSON: {@code dialect}; {@code kind}, what its stored values are:
   *     <ul>
   *       <li>{@code temporal_events}, {@code temporal_mutations}, {@code temporal_tiles}: the batch value is a batch IR, streamed
   *           values are rows of the inputs, rows with {@code ts} and {@code is_before} behind, or tiles
   *       <li>{@code snapshot}: the batch value holds the outputs
   *       <li>{@code no_aggregation}: the batch value holds the selected columns
   *     </ul>
   *     {@code selected}, the selected columns as {@code [{"name","type"}]}, types as for {@link Plan#open}; {@code
   *     "strict":false} where estimates may be better than the reference's. Keys are not asked for: no stored value has them.
   * @throws NativeException naming definition, column and what would be right
   * @throws NativeLoadException when there is no usable native library
   */
  public static ServingPlan open(byte[] groupBy, String options) {
    NativeLibrary.load();
    return new ServingPlan(NativeCalls.servingOpen(groupBy, options.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * As JSON: {@code kind}; {@code outputs}, name and type of every slot of an answer, in order, before derivations; {@code rows},
   * name and type of the members of a streamed row, or null where none are read; {@code tile_millis}, the span of a tile, or null
   * where no window is bounded.
   */
  public String describe() {
    return new String(NativeCalls.servingDescribe(handle()), StandardCharsets.UTF_8);
  }
}
