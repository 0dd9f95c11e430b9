"""What may be said in the settings of where the networks run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AutoEngine(_Strict):
    """The best that works here: TensorRT where an engine has been built, else onnxruntime on CUDA, else on the CPU."""

    type: Literal["auto"] = "auto"


class CpuEngine(_Strict):
    """onnxruntime on the CPU."""

    type: Literal["onnxruntime"] = "onnxruntime"


class CudaEngine(_Strict):
    """onnxruntime on a GPU; needs a build of onnxruntime with the CUDA provider."""

    type: Literal["onnxruntime-cuda"] = "onnxruntime-cuda"


class TensorRtEngine(_Strict):
    """An engine that `kiosk engine build` made on this device."""

    type: Literal["tensorrt"] = "tensorrt"


EngineConfig = Annotated[AutoEngine | CpuEngine | CudaEngine | TensorRtEngine, Field(discriminator="type")]
