#!/usr/bin/env bash
# Starts one Spark job of this repository on this machine; run.py calls it with spark-submit's arguments.
# Needs: spark-submit on the PATH (pip install pyspark), or its path in SPARK_SUBMIT_PATH.
# Leaves: the tables and their embedded Hive metastore in ../warehouse (or CHRONON_FLIGHTS_WAREHOUSE).
# The settings come from "common_env" in teams.json, through run.py; the metastore takes one job at a time.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
warehouse=${CHRONON_FLIGHTS_WAREHOUSE:-warehouse}
[[ $warehouse == /* ]] || warehouse=$repo/$warehouse
spark_submit=${SPARK_SUBMIT_PATH:-spark-submit}
command -v "$spark_submit" >/dev/null || {
  echo "$spark_submit is not there; put the environment with pyspark first in PATH (.venv/bin), or set SPARK_SUBMIT_PATH" >&2
  exit 1
}
# Some other Spark's settings must not leak into this one.
unset SPARK_HOME SPARK_CONF_DIR PYSPARK_DRIVER_PYTHON PYSPARK_PYTHON
# The spark-submit of the Python package finds its Spark through the `python3` that stands beside it.
case $spark_submit in */*) PATH=$(dirname "$spark_submit"):$PATH ;; esac

mkdir -p "$warehouse"
exec "$spark_submit" \
  --name "${APP_NAME:-flights}" \
  --master "${JOB_MODE:-local[*]}" \
  --driver-memory "${DRIVER_MEMORY:-2G}" \
  --driver-java-options "-Dlog4j2.configurationFile=file://$repo/scripts/log4j2.properties -Dderby.stream.error.file=$warehouse/derby.log" \
  --conf spark.driver.host=127.0.0.1 \
  --conf spark.driver.bindAddress=127.0.0.1 \
  --conf spark.ui.enabled="${SPARK_UI:-false}" \
  --conf spark.sql.shuffle.partitions="${PARALLELISM:-4}" \
  --conf spark.default.parallelism="${PARALLELISM:-4}" \
  --conf spark.sql.session.timeZone=UTC \
  --conf spark.sql.catalogImplementation=hive \
  --conf spark.sql.warehouse.dir="file://$warehouse" \
  --conf "spark.hadoop.javax.jdo.option.ConnectionURL=jdbc:derby:;databaseName=$warehouse/metastore_db;create=true" \
  --conf spark.hadoop.hive.stats.autogather=false \
  --conf spark.chronon.partition.column="${PARTITION_COLUMN:-ds}" \
  --conf spark.chronon.partition.format="${PARTITION_FORMAT:-yyyy-MM-dd}" \
  "$@"
