import com.yahoo.memory.Memory;
import com.yahoo.sketches.kll.KllFloatsSketch;
import java.nio.file.*;
import java.util.*;

/** What sketches-core 0.13.4 says of the images in sketch-vectors.txt: its own reading of ranks. */
public class KllExclusive {
  static final double[] RANKS = {0, 1e-9, .001, .01, .05, .1, .25, 1.0 / 3, .5, .75, .9, .95, .99, .9999, 1};

  static String floats(float[] values) {
    StringBuilder text = new StringBuilder();
    for (float value : values) text.append(Integer.toHexString(Float.floatToRawIntBits(value))).append(',');
    return text.toString();
  }

  static String doubles(double[] values) {
    StringBuilder text = new StringBuilder();
    for (double value : values) text.append(Long.toHexString(Double.doubleToRawLongBits(value))).append(',');
    return text.toString();
  }

  public static void main(String[] args) throws Exception {
    for (String line : Files.readAllLines(Paths.get(args[0]))) {
      String[] words = line.split(" ");
      if (!words[0].equals("kll")) continue;
      byte[] image = new byte[words[2].length() / 2];
      for (int i = 0; i < image.length; i++) image[i] = (byte) Integer.parseInt(words[2].substring(2 * i, 2 * i + 2), 16);
      KllFloatsSketch sketch = KllFloatsSketch.heapify(Memory.wrap(image));
      TreeSet<Float> points = new TreeSet<>(Arrays.asList(-1f, 777.5f, 1e9f, sketch.getMinValue(), sketch.getMaxValue()));
      for (double rank : new double[] {.1, .5, .9}) points.add(sketch.getQuantile(rank));
      float[] splits = new float[points.size()];
      double[] ranks = new double[points.size()];
      int at = 0;
      for (float point : points) { splits[at] = point; ranks[at++] = sketch.getRank(point); }
      System.out.println("exclusive " + words[1] + " " + floats(sketch.getQuantiles(RANKS)) + " " + floats(splits) + " "
          + doubles(ranks) + " " + doubles(sketch.getCDF(splits)) + " " + doubles(sketch.getPMF(splits)));
    }
  }
}
