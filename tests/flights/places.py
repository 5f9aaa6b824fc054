"""Places and words that several tests of the flights example need."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD_IT = "run scripts/quickstart first, or point CHRONON_FLIGHTS_WAREHOUSE to its warehouse"
