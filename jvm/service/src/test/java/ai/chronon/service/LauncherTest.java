package ai.chronon.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service as a process of its own, started by the command line of the reference. */
class LauncherTest {
  private static final Pattern LISTENING = Pattern.compile("listening on (http://127\\.0\\.0\\.1:\\d+)");

  @TempDir Path folder;

  /** A child JVM and its output so far. */
  private final class Child implements AutoCloseable {
    final Process process;
    final BufferedReader output;

    Child(List<String> jvmOptions, String... arguments) throws IOException {
      List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m"));
      command.addAll(jvmOptions);
      command.addAll(List.of("-cp", System.getProperty("java.class.path"), "ai.chronon.service.ChrononServiceLauncher"));
      command.addAll(List.of(arguments));
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).directory(folder.toFile());
      builder.environment().put("LOG_PATH", folder.resolve("logs").toString());
      process = builder.start();
      output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Reads on until a line has what is looked for. */
    Matcher await(Pattern wanted) throws IOException {
      StringBuilder said = new StringBuilder();
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        Matcher matcher = wanted.matcher(line);
        if (matcher.find()) return matcher;
        said.append(line).append('\n');
      }
      throw new AssertionError("the process ended without " + wanted + ":\n" + said);
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  @Test
  void theCommandLineOfTheReferenceStartsAServiceThatFinishesItsWorkWhenItIsTerminated() throws Exception {
    Path config = folder.resolve("config.json");
    Files.writeString(config, "{\"server.port\": 1, \"server.host\": \"127.0.0.1\", \"catalog.teams\": [\"shop\"]}");
    try (DatagramSocket statsd = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        Child child =
            new Child(
                List.of("-Dai.chronon.metrics.host=127.0.0.1", "-Dai.chronon.metrics.port=" + statsd.getLocalPort()),
                "run",
                "ai.chronon.service.SampleVerticle",
                "-Dserver.port=0",
                "-conf",
                config.toString())) {
      String address = child.await(LISTENING).group(1);
      HttpClient client = HttpClient.newHttpClient();
      HttpResponse<String> shown = client.send(HttpRequest.newBuilder(URI.create(address + "/config")).build(), BodyHandlers.ofString());
      assertTrue(shown.body().contains("\"server.port\" : 0"), "a system property overrides the file: " + shown.body());
      assertTrue(shown.body().contains("\"catalog.teams\" : [ \"shop\" ]"), shown.body());

      HttpRequest slow =
          HttpRequest.newBuilder(URI.create(address + TestServer.JOIN))
              .POST(HttpRequest.BodyPublishers.ofString("[{\"user_id\":\"slow\"}]"))
              .build();
      CompletableFuture<HttpResponse<String>> answer = client.sendAsync(slow, BodyHandlers.ofString());
      child.await(Pattern.compile(SampleVerticle.BEGUN));
      child.process.destroy();
      assertEquals(200, answer.get(30, TimeUnit.SECONDS).statusCode());
      assertTrue(answer.get().body().contains("\"finished\":true"), answer.get().body());
      assertTrue(child.process.waitFor(30, TimeUnit.SECONDS));

      statsd.setSoTimeout(30_000);
      DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
      statsd.receive(packet);
      String metric = new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
      assertTrue(metric.matches("(?s)[a-z0-9_.A-Z]+:[0-9.]+\\|.*"), metric);
    }
  }

  @Test
  void aServiceThatCannotStartSaysWhyAndEnds() throws Exception {
    Path config = folder.resolve("config.json");
    Files.writeString(config, "{\"server.host\": \"127.0.0.1\", \"server.batch.limit\": \"many\"}");
    try (Child child = new Child(List.of(), "run", "ai.chronon.service.SampleVerticle", "-conf", config.toString())) {
      child.await(Pattern.compile("setting server.batch.limit is many; it must be a whole number from 1 to 2147483647"));
      assertTrue(child.process.waitFor(30, TimeUnit.SECONDS));
      assertTrue(child.process.exitValue() != 0);
    }
  }
}
