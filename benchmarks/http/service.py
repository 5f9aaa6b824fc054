"""The service in a process of its own, what is seen of it from outside, and the load generator in another."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from worlds import ROOT, bundle, jvm

HERE = Path(__file__).resolve().parent
SOURCES = [HERE / "scala", ROOT / "benchmarks/fetch/scala/common"]
JOIN = "/v1/features/join/bench%2Fj25"
START_SECONDS = 60
NATIVE = {"handles": "chronon_native_handles", "native_bytes": "chronon_native_held_bytes"}
Figures = dict[str, float]


def class_path() -> str:
    """The compiled programs of this benchmark before the service's jar, and nothing else: no Spark."""
    command = jvm("native", "chronon.bench.LoadGenerator", SOURCES, "", "")
    entries = command[command.index("-cp") + 1].split(":")
    return f"{entries[0]}:{bundle('service')}"


class Process:
    """A child process that ends with the block that uses it."""

    def __init__(self, command: list[str], out: Path, **streams: Any) -> None:
        self.log = out
        self.out = out.open("w")
        given = {"stdout": self.out, "stderr": subprocess.STDOUT} | streams
        environment = os.environ | {"LOG_PATH": str(out.parent), "LOG_LEVEL": "INFO"}
        self.process = subprocess.Popen(command, cwd=out.parent, env=environment, text=True, **given)

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.out.close()

    def fail(self, what: str) -> SystemExit:
        """An end of the benchmark that shows what the process said last."""
        self.out.flush()
        tail = "\n".join(self.log.read_text().splitlines()[-15:])
        return SystemExit(f"{what}; end of {self.log}:\n{tail}")


class Service(Process):
    """The service over the stored bytes of a file, on a port of its choice."""

    def __init__(self, work: Path, stored: Path, heap: str, flags: str) -> None:
        props = {"file": str(stored)}
        settings = {"server.host": "127.0.0.1", "server.port": 0, "online.class": "chronon.bench.StoredApi"}
        (work / "service.json").write_text(json.dumps(settings | {"online.api.props": props}))
        # The heap is touched at the start: what grows afterwards lies outside of it.
        java = ["java", f"-Xms{heap}", f"-Xmx{heap}", "-XX:+UseG1GC", "-XX:+AlwaysPreTouch", *flags.split()]
        # Somebody listens for StatsD, if only to let it lie: a closed port would be an error for every line.
        self.statsd = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.statsd.bind(("127.0.0.1", 0))
        port = self.statsd.getsockname()[1]
        java += ["-Dai.chronon.metrics.host=127.0.0.1", f"-Dai.chronon.metrics.port={port}"]
        main = ["ai.chronon.service.ChrononServiceLauncher", "run", "ai.chronon.service.WebServiceVerticle"]
        command = [*java, "-cp", class_path(), *main, "-conf", str(work / "service.json")]
        super().__init__(command, work / "service.log")
        self.port = self._port()

    def _port(self) -> int:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if found := re.search(r"listening on http://\S+:(\d+)", self.log.read_text()):
                return int(found.group(1))
            time.sleep(0.1)
        raise self.fail("the service did not start")

    def metrics(self) -> Figures:
        """What the service tells of its native library."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return {name: float(lines[metric]) for name, metric in NATIVE.items()}

    def resident_mb(self) -> float:
        """Resident memory of the process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        if found is None:
            raise self.fail("the service has ended")
        return int(found.group(1)) / 1024

    def cpu_seconds(self) -> float:
        """Processor time of all its threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / float(os.sysconf("SC_CLK_TCK"))

    def at_rest(self) -> Figures:
        """Its figures with nothing to do; `live_mb` is what a full collection has left of the heap."""
        self._jcmd("GC.run")
        time.sleep(2)
        heap = re.search(r"used (\d+)K", self._jcmd("GC.heap_info"))
        live = int(heap.group(1)) / 1024 if heap else float("nan")
        return {"resident_mb": self.resident_mb(), "live_mb": live, **self.metrics()}

    def _jcmd(self, command: str) -> str:
        done = subprocess.run(["jcmd", str(self.process.pid), command], check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout


class Generator(Process):
    """The load generator; its commands are those of `LoadGenerator.scala`."""

    def __init__(self, work: Path, port: int, users: int) -> None:
        java = ["java", "-Xms512m", "-Xmx512m", "-XX:+UseG1GC", "-cp", class_path()]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": None}
        arguments = ["chronon.bench.LoadGenerator", str(port), JOIN, str(users)]
        super().__init__([*java, *arguments], work / "generator.log", **pipes)
        self.users = users

    def _lines(self, command: str) -> Iterator[str]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            self.out.write(line)
            yield line.rstrip("\n")
        raise self.fail(f"the load generator ended at: {command}")

    def answers(self) -> list[dict[str, Any]]:
        """The features of each user; what later answers must be equal to, byte for byte."""
        result: list[dict[str, Any]] = []
        for line in self._lines("answers"):
            if line.startswith("ANSWER "):
                (found,) = json.loads(line.split(" ", 2)[2])["results"]
                result.append(found["features"])
                if len(result) == self.users:
                    return result
        raise AssertionError

    def run(self, command: str, look: Callable[[str], None]) -> dict[str, Any]:
        """Runs one load; `look` is called with each line of progress."""
        for line in self._lines(command):
            if line.startswith("PROGRESS "):
                look(line.removeprefix("PROGRESS "))
            if line.startswith("RESULT "):
                result: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
                return result
        raise AssertionError
