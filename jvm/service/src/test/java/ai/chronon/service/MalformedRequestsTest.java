package ai.chronon.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.Socket;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Requests that no client should send: each is answered with its status, and with JSON that says what is wrong. */
class MalformedRequestsTest {
  private static final String GOOD = "[{\"user_id\":\"5\"}]";
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    server = TestServer.start(new JsonObject().put("server.batch.limit", 1_000));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  /** A request by its bytes, since a client's library would refuse to send some of them. */
  private record Case(String name, int status, String says, byte[] request) {}

  private static Case post(String name, int status, String says, String path, byte[] body) {
    String head = "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " + body.length + "\r\n\r\n";
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(head.getBytes(UTF_8));
    bytes.writeBytes(body);
    return new Case(name, status, says, bytes.toByteArray());
  }

  private static Case body(String name, int status, String says, String body) {
    return post(name, status, says, TestServer.JOIN, body.getBytes(UTF_8));
  }

  private static Case raw(String name, int status, String says, String request) {
    return new Case(name, status, says, request.getBytes(UTF_8));
  }

  private static Case line(String name, int status, String says, String line) {
    return raw(name, status, says, line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  }

  private static Stream<Case> cases() {
    byte[] brokenText = "[{\"user_id\":\"5_\"}]".getBytes(UTF_8);
    brokenText[14] = (byte) 0xff;
    byte[] overlong = "[{\"user_id\":\"__\"}]".getBytes(UTF_8);
    overlong[13] = (byte) 0xc0;
    overlong[14] = (byte) 0xaf;
    return Stream.of(
        body("an empty body", 400, "it is empty", ""),
        body("blanks", 400, "No content", "  \n "),
        body("no JSON", 400, "hello", "hello"),
        body("half an array", 400, "end-of-input", "[{\"user_id\":\"5\""),
        body("an object", 400, "JSON array", "{\"user_id\":\"5\"}"),
        body("a text", 400, "JSON array", "\"user_id\""),
        body("a number", 400, "JSON array", "5"),
        body("null", 400, "it is null", "null"),
        body("an empty array", 400, "the array is empty", "[]"),
        body("an array of numbers", 400, "JSON array", "[1,2]"),
        body("an array of arrays", 400, "JSON array", "[[]]"),
        body("a null among objects", 400, "element 1 is null", "[{\"user_id\":\"5\"},null]"),
        body("something behind the array", 400, "Trailing token", GOOD + "[]"),
        body("a trailing comma", 400, "line 1, column", "[{\"user_id\":\"5\"},]"),
        body("names without quotes", 400, "double-quote", "[{user_id:\"5\"}]"),
        body("single quotes", 400, "double-quote", "[{'user_id':'5'}]"),
        body("NaN", 400, "NaN", "[{\"user_id\":NaN}]"),
        body("a number with a leading zero", 400, "zeroes", "[{\"user_id\":007}]"),
        body("a number of 5,000 digits", 400, "length", "[{\"user_id\":" + "9".repeat(5_000) + "}]"),
        body("a control character in a text", 400, "CTRL-CHAR", "[{\"user_id\":\"a\u0001\"}]"),
        body("a broken escape", 400, "escape", "[{\"user_id\":\"\\x\"}]"),
        body("100,000 arrays in each other", 400, "depth", "[{\"user_id\":" + "[".repeat(100_000)),
        body("1,001 key objects", 413, "server.batch.limit = 1000", "[" + "{},".repeat(1_000) + "{}]"),
        post("a byte that is not UTF-8", 400, "byte 14 is not UTF-8", TestServer.JOIN, brokenText),
        post("a slash in too many bytes", 400, "byte 13 is not UTF-8", TestServer.JOIN, overlong),
        post("UTF-16", 400, "byte 0 is not UTF-8", TestServer.JOIN, GOOD.getBytes(java.nio.charset.StandardCharsets.UTF_16)),
        post("11 MB", 413, "server.body.limit.bytes = 10485760", TestServer.JOIN, new byte[11 << 20]),
        post("an unknown join", 404, "no join shop/other.v1", "/v1/features/join/shop%2Fother.v1", GOOD.getBytes(UTF_8)),
        post("a join's name with its slash as it is", 404, "%2F", "/v1/features/join/shop/training.v1", GOOD.getBytes(UTF_8)),
        post("no name", 404, "openapi", "/v1/features/join/", GOOD.getBytes(UTF_8)),
        post("a broken escape in the name", 400, "hex", "/v1/features/join/shop%zz", GOOD.getBytes(UTF_8)),
        post("a time that is no number", 400, "atMillis is today", TestServer.JOIN + "?atMillis=today", GOOD.getBytes(UTF_8)),
        post("a time beyond what is countable", 400, "atMillis", TestServer.JOIN + "?atMillis=99999999999999999999", GOOD.getBytes(UTF_8)),
        post("two times", 400, "1, 2", TestServer.JOIN + "?atMillis=1&atMillis=2", GOOD.getBytes(UTF_8)),
        post("a misspelled parameter", 400, "no query parameter atmillis", TestServer.JOIN + "?atmillis=1", GOOD.getBytes(UTF_8)),
        line("another method", 405, "does not take GET", "GET " + TestServer.JOIN),
        line("a page that is not there", 404, "nothing at GET /admin", "GET /admin"),
        line("an unknown join's schema", 404, "no join nobody", "GET /v1/join/nobody/schema"),
        line("ModelTransforms", 501, "ModelTransforms", "POST /v1/fetch/modeltransforms/a.b"),
        line("statistics", 501, "statistics", "GET /v1/stats/a.b"),
        line("an address of 10,000 characters", 414, "HTTP", "GET /" + "a".repeat(10_000)),
        raw("a header of 10,000 characters", 431, "HTTP", "GET /ping HTTP/1.1\r\nHost: localhost\r\nX: " + "a".repeat(10_000) + "\r\n\r\n"),
        raw("no HTTP at all", 400, "HTTP", "\u0016\u0003\u0001 hello\r\n\r\n"),
        raw("a length that is no number", 400, "HTTP", "POST " + TestServer.JOIN + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n"));
  }

  @TestFactory
  Stream<DynamicTest> malformed() {
    return cases().map(malformed -> DynamicTest.dynamicTest(malformed.name(), () -> check(malformed)));
  }

  private static void check(Case malformed) throws Exception {
    String answer = send(malformed.request());
    // What is no HTTP has no version, and is answered in the oldest one.
    assertTrue(answer.matches("(?s)HTTP/1\\.[01] " + malformed.status() + " .*"), answer);
    String[] headAndBody = answer.split("\r\n\r\n", 2);
    assertTrue(headAndBody[0].toLowerCase().contains("content-type: application/json"), headAndBody[0]);
    JsonObject body = new JsonObject(headAndBody[1]);
    assertEquals(java.util.Set.of("errors"), body.fieldNames());
    JsonArray errors = body.getJsonArray("errors");
    assertEquals(1, errors.size());
    assertTrue(errors.getString(0).contains(malformed.says()), errors.getString(0));
    assertEquals(200, server.post(TestServer.JOIN, GOOD).statusCode(), "the server still answers");
  }

  private static String send(byte[] request) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(30_000);
      try {
        socket.getOutputStream().write(request);
        socket.getOutputStream().flush();
      } catch (java.net.SocketException e) {
        // A body that is too large is answered before it is read to its end; the answer is there all the same.
      }
      InputStream in = socket.getInputStream();
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      while (!complete(answer.toString(UTF_8))) {
        int next = in.read();
        if (next < 0) break;
        answer.write(next);
      }
      return answer.toString(UTF_8);
    }
  }

  private static boolean complete(String answer) {
    int end = answer.indexOf("\r\n\r\n");
    if (end < 0) return false;
    java.util.regex.Matcher length = java.util.regex.Pattern.compile("content-length: (\\d+)").matcher(answer.toLowerCase());
    return length.find() && answer.getBytes(UTF_8).length >= end + 4 + Integer.parseInt(length.group(1));
  }
}
