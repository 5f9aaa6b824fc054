-- The tables of the example, over the Parquet files that load.py has written into the folder ${files}.
-- Times are milliseconds since 1970 (UTC); `ds` is the UTC day of the row's time.

SET spark.sql.hive.gatherFastStats=false;
SET spark.sql.addPartitionInBatch.size=500;

CREATE DATABASE IF NOT EXISTS flights;

DROP TABLE IF EXISTS flights.departures;
CREATE EXTERNAL TABLE flights.departures (
  dep_ts BIGINT COMMENT 'when the flight left: scheduled departure + dep_delay',
  origin STRING,
  dest STRING,
  carrier STRING,
  tailnum STRING,
  flight BIGINT COMMENT 'flight number',
  dep_delay DOUBLE COMMENT 'minutes, negative when early',
  distance BIGINT COMMENT 'miles'
) PARTITIONED BY (ds STRING) STORED AS PARQUET
LOCATION '${files}/departures';

DROP TABLE IF EXISTS flights.weather;
CREATE EXTERNAL TABLE flights.weather (
  ts BIGINT COMMENT 'the hour of the report',
  origin STRING,
  temp DOUBLE COMMENT 'degrees Fahrenheit',
  wind_speed DOUBLE COMMENT 'miles per hour',
  precip DOUBLE COMMENT 'inches',
  visib DOUBLE COMMENT 'miles',
  pressure DOUBLE COMMENT 'millibars, at sea level'
) PARTITIONED BY (ds STRING) STORED AS PARQUET
LOCATION '${files}/weather';

DROP TABLE IF EXISTS flights.planes;
CREATE EXTERNAL TABLE flights.planes (
  tailnum STRING,
  year INT COMMENT 'year of manufacture',
  manufacturer STRING,
  model STRING,
  engines INT,
  seats INT
) PARTITIONED BY (ds STRING COMMENT 'the day of the snapshot') STORED AS PARQUET
LOCATION '${files}/planes';

DROP TABLE IF EXISTS flights.scheduled;
CREATE EXTERNAL TABLE flights.scheduled (
  flight_id BIGINT COMMENT 'row number in the package, from 0',
  ts BIGINT COMMENT 'when the features are asked for: scheduled departure - 2 hours',
  origin STRING,
  dest STRING,
  carrier STRING,
  tailnum STRING,
  late BOOLEAN COMMENT 'the label: left more than 15 minutes late; null when cancelled'
) PARTITIONED BY (ds STRING) STORED AS PARQUET
LOCATION '${files}/scheduled';

MSCK REPAIR TABLE flights.departures;
MSCK REPAIR TABLE flights.weather;
MSCK REPAIR TABLE flights.planes;
MSCK REPAIR TABLE flights.scheduled;
