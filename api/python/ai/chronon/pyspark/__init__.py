"""Definitions that run in a notebook, over the SparkSession that is open there.

    from ai.chronon.pyspark.jupyter import JupyterJoin

    JupyterJoin(my_join, spark).run("20240101", "20240131").show()

The session needs the jar with the driver, see `ai.chronon.pyspark.driver`.
"""
