"""Runs flows as Airflow DAGs."""

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from ai.chronon.airflow.versions import DAG, BashOperator
from ai.chronon.scheduler.interfaces.flow import Flow
from ai.chronon.scheduler.interfaces.node import Node
from ai.chronon.scheduler.interfaces.orchestrator import WorkflowOrchestrator


class AirflowAdapter(WorkflowOrchestrator):
    """A DAG with a shell task for each step of a flow.

    In a file of Airflow's DAG folder, with `ai.chronon.repo.join_backfill`:

        dag = AirflowAdapter("training_backfill", "2025-01-01").build_dag_from_flow(JoinBackfill(...).build_flow())
    """

    def __init__(
        self, dag_id: str, start_date: str, schedule_interval: str = "@once", airflow_cluster: str | None = None
    ) -> None:
        """Starts a DAG.

        Args:
            dag_id: Its id.
            start_date: First day, yyyy-MM-dd.
            schedule_interval: A cron expression, or `@once`, `@daily` and so on.
            airflow_cluster: Where the DAG is to run; kept for whoever deploys it.

        """
        self.dag_id = dag_id
        self.airflow_cluster = airflow_cluster
        start = datetime.strptime(start_date, "%Y-%m-%d").replace(tzinfo=timezone.utc)
        self.dag = DAG(dag_id, start_date=start, schedule=schedule_interval, catchup=False)

    def setup(self) -> None:
        """Nothing: Airflow finds DAGs by itself."""

    def schedule_task(self, task: Node) -> Any:
        """The shell task of a step."""
        return BashOperator(task_id=task.name, bash_command=task.command, dag=self.dag)

    def set_dependencies(self, task: Any, dependencies: Iterable[Any]) -> None:
        """Makes a task wait for others."""
        for dependency in dependencies:
            dependency.set_downstream(task)

    def build_dag_from_flow(self, flow: Flow) -> Any:
        """The DAG with the tasks of a flow."""
        tasks: dict[str, Any] = {}
        for node in flow.ordered_nodes():
            tasks[node.name] = self.schedule_task(node)
            self.set_dependencies(tasks[node.name], [tasks[other.name] for other in node.dependencies])
        return self.dag

    def trigger_run(self) -> None:
        """Nothing: the schedule starts it."""
