"""What is imported from Airflow, where the version that is installed has it."""

try:
    from airflow.sdk import DAG, BaseOperator, BaseSensorOperator
    from airflow.sdk.exceptions import AirflowSkipException
except ImportError:
    try:
        from airflow import DAG
        from airflow.exceptions import AirflowSkipException
        from airflow.models.baseoperator import BaseOperator
        from airflow.sensors.base import BaseSensorOperator
    except ImportError as error:
        raise ImportError(f"ai.chronon.airflow needs apache-airflow 2.4 or later: {error}") from error
try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    from airflow.operators.bash import BashOperator

__all__ = ["DAG", "AirflowSkipException", "BaseOperator", "BaseSensorOperator", "BashOperator"]
