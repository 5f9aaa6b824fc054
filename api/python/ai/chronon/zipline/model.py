"""Models: how they are trained, where they are deployed, and which rows they are applied to."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ai.chronon.errors import DefinitionError
from ai.chronon.zipline.data_types import DataType, FieldsType
from ai.chronon.zipline.later import refuse_later
from ai.chronon.zipline.naming import caller_team, ensure_name
from ai.chronon.zipline.utils import AnySource, checked_version, normalize_source, normalize_sources
from ai.chronon.zipline.windows import normalize_window
from gen_thrift.api import ttypes
from gen_thrift.common import ttypes as common


class ModelBackend:
    """Where a model runs."""

    VERTEXAI = ttypes.ModelBackend.VertexAI
    SAGEMAKER = ttypes.ModelBackend.SageMaker


class DeploymentStrategyType:
    """How traffic moves to a new version of a model."""

    BLUE_GREEN = ttypes.DeploymentStrategyType.BLUE_GREEN
    ROLLING = ttypes.DeploymentStrategyType.ROLLING
    IMMEDIATE = ttypes.DeploymentStrategyType.IMMEDIATE


@dataclass
class ResourceConfig:
    """Machines, and the least and greatest number of replicas."""

    min_replica_count: int | None = None
    max_replica_count: int | None = None
    machine_type: str | None = None

    def to_thrift(self) -> ttypes.ResourceConfig:
        """The form of compiled files."""
        return ttypes.ResourceConfig(self.min_replica_count, self.max_replica_count, self.machine_type)


def _resources(config: ResourceConfig | None) -> ttypes.ResourceConfig | None:
    return None if config is None else config.to_thrift()


@dataclass
class InferenceSpec:
    """The backend that serves a model, and its parameters."""

    model_backend: int | None = None
    model_backend_params: dict[str, str] | None = None
    resource_config: ResourceConfig | None = None

    def to_thrift(self) -> ttypes.InferenceSpec:
        """The form of compiled files."""
        return ttypes.InferenceSpec(self.model_backend, self.model_backend_params, _resources(self.resource_config))


@dataclass
class TrainingSpec:
    """The rows that a model is trained on, how far back they reach, and the program that does it."""

    training_data_source: AnySource | None = None
    training_data_window: common.Window | str | None = None
    schedule: str | None = None
    image: str | None = None
    python_module: str | None = None
    resource_config: ResourceConfig | None = None
    job_configs: dict[str, str] | None = None

    def to_thrift(self) -> ttypes.TrainingSpec:
        """The form of compiled files."""
        source, window = self.training_data_source, self.training_data_window
        return ttypes.TrainingSpec(
            trainingDataSource=None if source is None else normalize_source(source),
            trainingDataWindow=None if window is None else normalize_window(window),
            schedule=self.schedule,
            image=self.image,
            pythonModule=self.python_module,
            resourceConfig=_resources(self.resource_config),
            jobConfigs=self.job_configs,
        )


@dataclass
class ServingContainerConfig:
    """The container that serves a model."""

    image: str | None = None
    serving_health_route: str | None = None
    serving_predict_route: str | None = None
    serving_container_env_vars: dict[str, str] | None = None

    def to_thrift(self) -> ttypes.ServingContainerConfig:
        """The form of compiled files."""
        return ttypes.ServingContainerConfig(
            self.image, self.serving_health_route, self.serving_predict_route, self.serving_container_env_vars
        )


@dataclass
class EndpointConfig:
    """The endpoint that a model is deployed to."""

    endpoint_name: str | None = None
    additional_configs: dict[str, str] | None = None

    def to_thrift(self) -> ttypes.EndpointConfig:
        """The form of compiled files."""
        return ttypes.EndpointConfig(self.endpoint_name, self.additional_configs)


@dataclass
class Metric:
    """A metric and the value that it must reach."""

    name: str | None = None
    threshold: float | None = None

    def to_thrift(self) -> ttypes.Metric:
        """The form of compiled files."""
        return ttypes.Metric(self.name, self.threshold)


@dataclass
class RolloutStrategy:
    """The steps in which traffic moves: percentages, minutes between them, and the metrics to hold."""

    rollout_type: int | None = None
    validation_traffic_percent_ramps: list[int] | None = None
    validation_traffic_duration_mins: list[int] | None = None
    rollout_metric_thresholds: list[Metric] | None = None

    def to_thrift(self) -> ttypes.RolloutStrategy:
        """The form of compiled files."""
        metrics = self.rollout_metric_thresholds
        return ttypes.RolloutStrategy(
            rolloutType=self.rollout_type,
            validationTrafficPercentRamps=self.validation_traffic_percent_ramps,
            validationTrafficDurationMins=self.validation_traffic_duration_mins,
            rolloutMetricThresholds=[metric.to_thrift() for metric in metrics] if metrics else None,
        )


@dataclass
class DeploymentSpec:
    """Container, endpoint, machines and rollout of a model."""

    container_config: ServingContainerConfig | None = None
    endpoint_config: EndpointConfig | None = None
    resource_config: ResourceConfig | None = None
    rollout_strategy: RolloutStrategy | None = None

    def to_thrift(self) -> ttypes.DeploymentSpec:
        """The form of compiled files."""
        return ttypes.DeploymentSpec(
            containerConfig=self.container_config.to_thrift() if self.container_config else None,
            endpointConfig=self.endpoint_config.to_thrift() if self.endpoint_config else None,
            resourceConfig=_resources(self.resource_config),
            rolloutStrategy=self.rollout_strategy.to_thrift() if self.rollout_strategy else None,
        )


def Model(
    version: str,
    inference_spec: InferenceSpec | None = None,
    input_mapping: dict[str, str] | None = None,
    output_mapping: dict[str, str] | None = None,
    value_fields: FieldsType | None = None,
    model_artifact_base_uri: str | None = None,
    training_conf: TrainingSpec | None = None,
    deployment_conf: DeploymentSpec | None = None,
    output_namespace: str | None = None,
    table_properties: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    **later: Any,
) -> ttypes.Model:
    """Describes a model.

    Args:
        version: Text that ends the name.
        inference_spec: Where it runs.
        input_mapping: Input of the model to SQL expression over the row.
        output_mapping: Output column to SQL expression over the answer.
        value_fields: Names and types of the answer.
        model_artifact_base_uri: Folder of the trained models.
        training_conf: How it is trained.
        deployment_conf: How it is deployed.
        output_namespace: Database of its tables; that of the team when absent.
        table_properties: Properties of its tables.
        tags: Notes, kept in the meta data.
        **later: Arguments of later releases; refused by name.

    Raises:
        DefinitionError: The version is no text.

    """
    refuse_later("Model", later)
    if not isinstance(version, str):
        raise DefinitionError(f"Model(version={version!r}) is a {type(version).__name__}; it must be a string")
    return ttypes.Model(
        inferenceSpec=inference_spec.to_thrift() if inference_spec else None,
        inputMapping=input_mapping,
        outputMapping=output_mapping,
        valueSchema=DataType.STRUCT("model_value_schema", *value_fields) if value_fields else None,
        modelArtifactBaseUri=model_artifact_base_uri,
        trainingConf=training_conf.to_thrift() if training_conf else None,
        deploymentConf=deployment_conf.to_thrift() if deployment_conf else None,
        metaData=ttypes.MetaData(
            outputNamespace=output_namespace,
            tableProperties=table_properties,
            tags=tags,
            version=version,
            team=caller_team(sys._getframe(1)),
        ),
    )


def ModelTransforms(
    sources: Sequence[AnySource] | AnySource,
    models: list[ttypes.Model],
    version: int,
    passthrough_fields: list[str] | None = None,
    key_fields: FieldsType | None = None,
    output_namespace: str | None = None,
    table_properties: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    **later: Any,
) -> ttypes.ModelTransforms:
    """Describes the rows that models are applied to.

    Args:
        sources: Rows, of one or several sources.
        models: Variables of modules in `models/`, or models with names.
        version: Whole number that ends the name.
        passthrough_fields: Columns of the rows that are kept beside the answers.
        key_fields: Names and types of the keys.
        output_namespace: Database of the tables; that of the team when absent.
        table_properties: Properties of the tables.
        tags: Notes, kept in the meta data.
        **later: Arguments of later releases; refused by name.

    Raises:
        DefinitionError: The version is no whole number.
        DefinitionValueError: A model has no name.

    """
    refuse_later("ModelTransforms", later)
    for model in models:
        ensure_name(model)
    return ttypes.ModelTransforms(
        sources=normalize_sources(sources),
        models=models,
        passthroughFields=passthrough_fields,
        keySchema=DataType.STRUCT("modeltransform_key_schema", *key_fields) if key_fields else None,
        metaData=ttypes.MetaData(
            outputNamespace=output_namespace,
            tableProperties=table_properties,
            tags=tags,
            version=checked_version(version),
            team=caller_team(sys._getframe(1)),
        ),
    )
