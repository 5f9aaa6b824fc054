"""Models: inference over the features of a join."""

from ai.chronon.api import ttypes
from ai.chronon.data_types import DataType, FieldsType

__all__ = ["DataType", "FieldsType", "InferenceSpec", "Model", "ModelTransform", "ModelTransforms"]


def InferenceSpec(model_backend: str, model_backend_params: dict[str, str]) -> ttypes.InferenceSpec:
    """Says where a model runs.

    Args:
        model_backend: Name of the backend, as the integration registers it.
        model_backend_params: What that backend needs to know, such as an endpoint.

    """
    return ttypes.InferenceSpec(modelBackend=model_backend, modelBackendParams=model_backend_params)


def Model(
    name: str, inference_spec: ttypes.InferenceSpec, input_schema: FieldsType, output_schema: FieldsType
) -> ttypes.Model:
    """Describes a model by what it takes and returns.

    Args:
        name: Name of the model.
        inference_spec: Where it runs.
        input_schema: (name, `DataType`) pairs of its inputs.
        output_schema: (name, `DataType`) pairs of its outputs.

    """
    return ttypes.Model(
        metaData=ttypes.MetaData(name=name),
        inferenceSpec=inference_spec,
        inputSchema=DataType.STRUCT(f"model_{name}_inputs", *input_schema),
        outputSchema=DataType.STRUCT(f"model_{name}_outputs", *output_schema),
    )


def ModelTransform(
    model: ttypes.Model,
    input_mappings: dict[str, str] | None = None,
    output_mappings: dict[str, str] | None = None,
    prefix: str | None = None,
) -> ttypes.ModelTransform:
    """One use of a model in a join.

    Args:
        model: The model.
        input_mappings: Input of the model to SQL expression over the join's columns.
        output_mappings: Output of the model to name of its column.
        prefix: Put before the names of its columns.

    """
    return ttypes.ModelTransform(
        model=model, inputMappings=input_mappings, outputMappings=output_mappings, prefix=prefix
    )


def ModelTransforms(
    transforms: list[ttypes.ModelTransform], passthrough_fields: list[str] | None = None
) -> ttypes.ModelTransforms:
    """The models that are applied to a join's features.

    Args:
        transforms: Uses of models.
        passthrough_fields: Columns of the join to return beside the outputs.

    """
    return ttypes.ModelTransforms(transforms=transforms, passthroughFields=passthrough_fields)
