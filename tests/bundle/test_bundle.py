"""What is inside the bundle jar, entry by entry: our classes, the native library, and nothing that Spark brings."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
JAR = Path(os.environ.get("CHRONON_BUNDLE", ROOT / "build" / "chronon-native-spark.jar"))

ALLOWED = [
    # Licences, lists of versions and services; no signatures, which would be of other jars.
    r"META-INF/(?!.*\.(SF|RSA|DSA)$).*",
    r"LICENSE|NOTICE",
    r"ai/",
    r"ai/chronon/",
    r"ai/chronon/(api|jni|online|spark)/.*",
    r"native/",
    r"native/(linux|macos)-(x86_64|aarch64)/",
    r"native/(linux|macos)-(x86_64|aarch64)/libchronon_native\.(so|dylib)",
    # What serving needs and Spark lacks: the cache, and the metrics client with the sockets that it can use.
    r"com/|com/github/|com/google/",
    r"com/github/benmanes/.*",
    r"com/google/errorprone/.*",
    r"com/(timgroup|kenai)/.*|dogstatsd/(version\.properties)?",
    r"(jnr|jni)/.*",
    r"org/(objectweb|checkerframework)/.*",
    # What streaming needs: Kafka's client.
    r"org/apache/kafka/.*",
    r"kafka/.*",
    r"common/.*\.(json|md)|common/|common/message/",
    # Two classes that reach what Spark keeps private to its own packages.
    r"org/",
    r"org/apache/",
    r"org/apache/spark/",
    r"org/apache/spark/(sql/)?(chronon/.*)?",
]

NEEDED = [
    "ai/chronon/api/GroupBy.class",
    "ai/chronon/api/ThriftJsonCodec.class",
    "ai/chronon/jni/NativeLibrary.class",
    "ai/chronon/online/KVStore.class",
    "ai/chronon/online/streaming/kafka/GroupByStreaming.class",
    "ai/chronon/spark/Driver.class",
    "org/apache/kafka/clients/consumer/KafkaConsumer.class",
    "META-INF/services/ai.chronon.online.UploadTable",
]


@pytest.fixture(scope="module")
def bundle() -> zipfile.ZipFile:
    """The jar that scripts/package has built."""
    if not JAR.exists():
        pytest.fail(f"{JAR} does not exist: build it with scripts/package")
    return zipfile.ZipFile(JAR)


def test_nothing_else(bundle: zipfile.ZipFile) -> None:
    """Every entry is on the list of what may be there."""
    allowed = re.compile("|".join(f"(?:{pattern})" for pattern in ALLOWED))
    assert [name for name in bundle.namelist() if not allowed.fullmatch(name)] == []


@pytest.mark.parametrize("entry", NEEDED)
def test_there(bundle: zipfile.ZipFile, entry: str) -> None:
    """What users name, and what they reach through it, is there."""
    assert entry in bundle.namelist()


def test_one_native_library_or_more(bundle: zipfile.ZipFile) -> None:
    """There is a native library, and none is empty."""
    libraries = [entry for entry in bundle.infolist() if "libchronon_native" in entry.filename]
    assert libraries
    assert [library.filename for library in libraries if library.file_size == 0] == []


def test_no_entry_twice(bundle: zipfile.ZipFile) -> None:
    """A second entry of a name would hide the first or be hidden by it."""
    names = bundle.namelist()
    assert sorted(names) == sorted(set(names))


def test_classes_load_from_java_8_on(bundle: zipfile.ZipFile) -> None:
    """No class file is newer than format 52."""
    classes = [name for name in bundle.namelist() if name.endswith(".class")]
    assert [name for name in classes if int.from_bytes(bundle.read(name)[6:8], "big") > 52] == []
