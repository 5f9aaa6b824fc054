"""Settings of the clusters that cloud runners make for a job, as JSON for `ClusterConfigProperties`."""

import json

from ai.chronon.errors import DefinitionValueError

SCOPES = (
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/monitoring",
    "https://www.googleapis.com/auth/cloud.useraccounts.readonly",
    "https://www.googleapis.com/auth/devstorage.read_write",
    "https://www.googleapis.com/auth/logging.write",
)
BIGQUERY_CONNECTOR = "gs://spark-lib/bigquery/spark-3.5-bigquery-0.42.1.jar"
# Scripts of the release that every machine runs when it starts.
START_SCRIPTS = ("copy_java_security.sh", "opsagent_setup.sh")
LOGGING = (
    "dataproc:dataproc.logging.stackdriver.enable",
    "dataproc:jobs.file-backed-output.enable",
    "dataproc:dataproc.logging.stackdriver.job.driver.enable",
    "dataproc:dataproc.logging.stackdriver.job.yarn.container.enable",
)


def generate_dataproc_cluster_config(
    num_workers: int,
    project_id: str,
    artifact_prefix: str,
    version: str = "latest",
    master_host_type: str = "n2-highmem-64",
    worker_host_type: str = "n2-highmem-16",
    subnetwork: str = "default",
    idle_timeout: str = "7200s",
    initialization_actions: list[str] | None = None,
    tags: list[str] | None = None,
) -> str:
    """A Dataproc cluster.

    Args:
        num_workers: Number of workers.
        project_id: Project that the cluster belongs to.
        artifact_prefix: Folder of the releases, such as `gs://bucket`.
        version: Release whose scripts the machines run when they start.
        master_host_type: Type of the master's machine.
        worker_host_type: Type of the workers' machines.
        subnetwork: Network of the machines.
        idle_timeout: Time without a job after which the cluster is deleted, such as `7200s`.
        initialization_actions: Further scripts that the machines run, before those of the release.
        tags: Network tags of the machines.

    """
    release = f"{artifact_prefix.rstrip('/')}/release/{version}/scripts/gcp"
    scripts = [*(initialization_actions or []), *(f"{release}/{script}" for script in START_SCRIPTS)]
    return json.dumps(
        {
            "gceClusterConfig": {
                "subnetworkUri": subnetwork,
                "serviceAccount": f"dataproc@{project_id}.iam.gserviceaccount.com",
                "serviceAccountScopes": list(SCOPES),
                "metadata": {
                    "hive-version": "3.1.2",
                    "SPARK_BQ_CONNECTOR_URL": BIGQUERY_CONNECTOR,
                    "artifact_prefix": artifact_prefix.rstrip("/"),
                },
                "tags": tags or [],
            },
            "masterConfig": {
                "numInstances": 1,
                "machineTypeUri": master_host_type,
                "diskConfig": {"bootDiskType": "pd-standard", "bootDiskSizeGb": 1024},
            },
            "workerConfig": {
                "numInstances": num_workers,
                "machineTypeUri": worker_host_type,
                "diskConfig": {"bootDiskType": "pd-standard", "bootDiskSizeGb": 64, "numLocalSsds": 2},
            },
            "softwareConfig": {
                "imageVersion": "2.2.66-debian12",
                "optionalComponents": ["FLINK", "JUPYTER"],
                "properties": dict.fromkeys(LOGGING, "true"),
            },
            "initializationActions": [{"executable_file": script} for script in scripts],
            "endpointConfig": {"enableHttpPortAccess": True},
            "lifecycleConfig": {"idleDeleteTtl": idle_timeout},
        }
    )


# Name of a size to number of workers and type of all machines.
SIZES = {"small": (20, "n2-highmem-4"), "medium": (50, "n2-highmem-16"), "large": (250, "n2-highmem-16")}


def fixed_gcp_cluster(
    size: str,
    project_id: str,
    artifact_prefix: str,
    subnetwork: str = "default",
    initialization_actions: list[str] | None = None,
    tags: list[str] | None = None,
) -> str:
    """A Dataproc cluster of one of three sizes, deleted after an hour without a job.

    Raises:
        DefinitionValueError: The size is none of `small`, `medium` and `large`; a `ValueError` too.

    """
    if size not in SIZES:
        raise DefinitionValueError(f"fixed_gcp_cluster(size={size!r}): there is no such size; sizes are {list(SIZES)}")
    workers, host_type = SIZES[size]
    return generate_dataproc_cluster_config(
        workers,
        project_id,
        artifact_prefix,
        master_host_type=host_type,
        worker_host_type=host_type,
        subnetwork=subnetwork,
        idle_timeout="3600s",
        initialization_actions=initialization_actions,
        tags=tags,
    )


def generate_emr_cluster_config(
    instance_count: int,
    subnet_name: str,
    security_group_name: str,
    instance_type: str = "m5.xlarge",
    idle_timeout: int = 3600,
    release_label: str = "emr-7.12.0",
) -> str:
    """An EMR cluster; `idle_timeout` is in seconds."""
    return json.dumps(
        {
            "releaseLabel": release_label,
            "instanceType": instance_type,
            "instanceCount": instance_count,
            "autoTerminationPolicy": {"idleTimeout": idle_timeout},
            "subnetName": subnet_name,
            "securityGroupName": security_group_name,
        }
    )
