"""scripts/kafka: a broker that starts, keeps its data, and leaves nothing behind when it is stopped."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "kafka"


def free_port() -> int:
    """A port that is free now, and the one after it too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def kafka(*arguments: str, data: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command, *rest = arguments
    return subprocess.run(
        [str(SCRIPT), command, "--data", str(data), *rest], input=stdin, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for a broker, which is stopped in the end whatever happened."""
    if shutil.which("mvn") is None:
        pytest.skip("there is no Maven to fetch Kafka with")
    folder = tmp_path_factory.mktemp("kafka") / "data"
    yield folder
    kafka("stop", data=folder)


def start(data: Path, port: int) -> subprocess.CompletedProcess[str]:
    started = kafka("start", "--port", str(port), data=data)
    if "Maven could not fetch" in started.stderr:
        pytest.skip("Kafka's jars cannot be fetched here")
    return started


def test_what_is_produced_is_consumed_after_a_restart_too(data: Path) -> None:
    port = free_port()
    started = start(data, port)
    assert started.stdout == f"127.0.0.1:{port}\n", started.stderr
    pid = int((data / "pid").read_text())
    assert kafka("start", data=data).stdout == f"127.0.0.1:{port} (runs already, process {pid})\n"
    assert kafka("topics", "--create", "--topic", "purchases", data=data).returncode == 0
    assert kafka("produce", "--topic", "purchases", data=data, stdin='{"user":5}\n').returncode == 0

    assert kafka("stop", data=data).returncode == 0
    assert not Path(f"/proc/{pid}").exists(), "no process is left behind"
    stopped = kafka("status", data=data)
    assert (stopped.returncode, stopped.stderr) == (1, f"kafka: no broker runs on {data}\n")
    assert kafka("stop", data=data).returncode == 0, "stopping twice is harmless"

    assert start(data, port).returncode == 0
    consumed = kafka("consume", "--topic", "purchases", "--from-beginning", "--max-messages", "1", data=data)
    assert consumed.stdout == '{"user":5}\n', consumed.stderr
    assert kafka("stop", data=data).returncode == 0


def test_a_taken_port_is_said(data: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        failed = start(tmp_path, port)
        assert failed.returncode == 1
        assert f"is port {port} or {port + 1} taken?" in failed.stderr
        assert not (tmp_path / "pid").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["begin"], 2, "there is no command 'begin'"),
        ([], 2, "there is no command ''"),
        (["start", "--port", "80a"], 1, "--port is 80a; it must be a number from 1000 to 65534"),
        (["start", "--port"], 1, "--port needs a value"),
    ],
)
def test_what_it_does_not_understand(arguments: list[str], status: int, says: str) -> None:
    result = subprocess.run([str(SCRIPT), *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == status
    assert says in result.stderr
