"""What MediaPipe Tasks wants to read beside a network: how its input is normalised.

The pose networks of older MediaPipe wheels carry no such metadata and the current Tasks refuse them without. The
flatbuffer classes come with MediaPipe; they are loaded by file, because importing the package itself belongs to the
isolated worker alone.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import flatbuffers

from engines.errors import ModelUnavailableError


def with_normalisation(network: bytes, mean: float, std: float, lowest: float) -> bytes:
    """The TFLite `network` with metadata that says its RGB input is (x - mean) / std, from `lowest` to 1."""
    tflite = _load_schema("schema_py_generated")
    schema = _load_schema("metadata_schema_py_generated")
    model = tflite.ModelT.InitFromObj(tflite.Model.GetRootAsModel(network, 0))
    content = _metadata(schema, len(model.subgraphs[0].outputs), mean, std, lowest)

    buffer = tflite.BufferT()
    buffer.data = list(content)
    model.buffers.append(buffer)
    entry = tflite.MetadataT()
    entry.name = b"TFLITE_METADATA"
    entry.buffer = len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    return _packed(model, b"TFL3", len(network) + 4096)


def _metadata(schema: Any, outputs: int, mean: float, std: float, lowest: float) -> bytes:
    subgraph = schema.SubGraphMetadataT()
    subgraph.inputTensorMetadata = [_image_input(schema, mean, std, lowest)]
    subgraph.outputTensorMetadata = []
    for index in range(outputs):
        tensor = schema.TensorMetadataT()
        tensor.name = f"output{index}"
        subgraph.outputTensorMetadata.append(tensor)
    model = schema.ModelMetadataT()
    model.subgraphMetadata = [subgraph]
    model.minParserVersion = "1.0.0"
    return _packed(model, b"M001", 1024)


def _image_input(schema: Any, mean: float, std: float, lowest: float) -> Any:
    options = schema.NormalizationOptionsT()
    options.mean, options.std = [mean], [std]
    unit = schema.ProcessUnitT()
    unit.optionsType = schema.ProcessUnitOptions.NormalizationOptions
    unit.options = options
    properties = schema.ImagePropertiesT()
    properties.colorSpace = schema.ColorSpaceType.RGB
    content = schema.ContentT()
    content.contentPropertiesType = schema.ContentProperties.ImageProperties
    content.contentProperties = properties
    tensor = schema.TensorMetadataT()
    tensor.name, tensor.content, tensor.processUnits = "image", content, [unit]
    tensor.stats = schema.StatsT()
    tensor.stats.min, tensor.stats.max = [lowest], [1.0]
    return tensor


def _packed(root: Any, identifier: bytes, size: int) -> bytes:
    builder = flatbuffers.Builder(size)
    builder.Finish(root.Pack(builder), identifier)
    return bytes(builder.Output())


def _load_schema(name: str) -> Any:
    package = importlib.util.find_spec("mediapipe")
    for folder in (package and package.submodule_search_locations) or ():
        file = Path(folder) / "tasks" / "metadata" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"twinmirror_{name}", file)
        if file.is_file() and spec and spec.loader:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    raise ModelUnavailableError("MediaPipe is not installed whole: run `make run` again to set the environment up")
