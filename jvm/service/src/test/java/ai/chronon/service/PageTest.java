package ai.chronon.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The page at the root, as bytes and in a real browser. */
class PageTest {
  private static final int SKIPPED = 77;

  @Test
  void thePageNeedsNothingFromElsewhere() throws Exception {
    try (TestServer server = TestServer.start()) {
      HttpResponse<String> page = server.get("/");
      assertEquals("text/html; charset=utf-8", page.headers().firstValue("content-type").orElseThrow());
      assertTrue(page.headers().firstValue("content-security-policy").orElseThrow().startsWith("default-src 'none'"));
      assertFalse(page.body().contains("http://") || page.body().contains("https://") || page.body().contains("src="), "links to elsewhere");
      assertFalse(page.body().contains("innerHTML"), "names and values are text, never markup");
    }
  }

  @Test
  void aUserFindsAndFetchesFeatures() throws Exception {
    try (TestServer server = TestServer.start()) {
      Process look =
          new ProcessBuilder(python(), "tests/service/look_at_page.py", server.uri("/").toString()).redirectErrorStream(true).start();
      String said = new String(look.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = look.waitFor();
      assumeTrue(status != SKIPPED, said);
      assertEquals(0, status, said);
    }
  }

  private static String python() {
    String named = System.getenv("PYTHON");
    if (named != null) return named;
    return new File(".venv/bin/python").canExecute() ? ".venv/bin/python" : "python3";
  }
}
