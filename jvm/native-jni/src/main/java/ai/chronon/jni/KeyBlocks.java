package ai.chronon.jni;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Rows on their way to the partition of their key: they go in one by one or as columns, and come out ({@link #next}) as blocks of
 * many, so that an exchange has few things to move. A block holds records that {@link PartitionUpload#put} takes.
 *
 * <p>For one thread at a time. After an error it can only be closed.
 */
public final class KeyBlocks extends NativeHandle {
  private static final int FIRST_CAPACITY = 1 << 18;

  private final OutputBuffer output = new OutputBuffer(FIRST_CAPACITY);

  private KeyBlocks(long handle) {
    super(handle, "blocks " + Long.toHexString(handle));
  }

  /**
   * Blocks without rows.
   *
   * @param options JSON: {@code definition}, its name; {@code keys} and {@code columns} as {@code [{"name","type"}]}, types as for
   *     {@link Plan#open}, the first of the columns the time; {@code marks}, whole numbers of which rows of equal keys get the same
   *     one; {@code block_bytes}, the size at which a block comes out; {@code columnar}, whether rows come as columns
   */
  public static KeyBlocks open(String options) {
    NativeLibrary.load();
    return new KeyBlocks(NativeCalls.blocksOpen(options.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Takes rows in.
   *
   * @param frame direct buffer whose first {@code length} bytes are records (see {@link PartitionUpload}); it may be reused when
   *     this returns
   * @return bytes that the blocks hold now
   */
  public long putRows(ByteBuffer frame, int length) {
    return NativeCalls.blocksPut(handle(), false, frame, length);
  }

  /**
   * Takes rows in as columns: the keys and the columns.
   *
   * @param frame direct buffer whose first {@code length} bytes are, each part little-endian and padded to 8 bytes: the number of
   *     rows (8 bytes); flags of rows that are left out; for each column flags of nulls, and its values. Flags are a word 0 where
   *     none is set, or a word 1 and a byte for each row. Values are one behind the other, one byte for a boolean; of texts and
   *     bytes the end of each (4 bytes) and then all of them. The buffer may be reused when this returns
   * @return bytes that the blocks hold now
   */
  public long putColumns(ByteBuffer frame, int length) {
    return NativeCalls.blocksPut(handle(), true, frame, length);
  }

  /** Makes all blocks ready, however short they are. */
  public void flush() {
    NativeCalls.blocksFlush(handle());
  }

  /**
   * The next blocks: rows of two columns, the mark and the bytes, in the layout of Spark's {@code UnsafeRow}, each behind its length
   * (8 bytes, little-endian).
   *
   * @return a direct buffer with rows from position 0 to its limit, valid until the next call on these blocks; null when none are
   *     ready
   */
  public ByteBuffer next() {
    return output.fill(target -> NativeCalls.blocksNext(handle(), target));
  }

  @Override
  public void close() {
    super.close();
    output.release();
  }
}
