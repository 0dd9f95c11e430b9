"""Go on training from a shipped model: an ONNX file's folded weights, brought back into the torch network they were.

Export folds each batch normalisation into the convolution before it. Here the convolution takes the folded weights,
and the normalisation, during one pass over real inputs, takes the statistics that it meets as its own and undoes them:
the network then says what the ONNX file says, and can be trained like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engines.errors import TwinMirrorError

F32 = NDArray[np.float32]
_CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def onnx_weights(path: Path) -> list[tuple[F32, F32]]:
    """Weight and bias of every convolution in the order in which they run."""
    import onnx  # noqa: PLC0415 - only who trains has it
    from onnx import numpy_helper  # noqa: PLC0415

    graph = onnx.load(str(path)).graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    found = []
    for node in graph.node:
        if node.op_type not in {"Conv", "ConvTranspose"}:
            continue
        weight, *bias = [np.array(constants[name], np.float32) for name in node.input[1:]]
        outputs = weight.shape[0] if node.op_type == "Conv" else weight.shape[1]
        found.append((weight, bias[0] if bias else np.zeros(outputs, np.float32)))
    return found


def _in_order(network: nn.Module, example: Tensor) -> list[nn.Conv2d | nn.ConvTranspose2d]:
    """The network's convolutions in the order in which they run."""
    order: list[nn.Conv2d | nn.ConvTranspose2d] = []
    hooks = [
        module.register_forward_hook(lambda module, _inputs, _output: order.append(module))
        for module in network.modules()
        if isinstance(module, _CONVOLUTIONS)
    ]
    with torch.no_grad():
        network(example)
    for hook in hooks:
        hook.remove()
    return order


def _neutral(norm: nn.BatchNorm2d, values: Tensor, bias: Tensor) -> None:
    """Let a normalisation keep the statistics of `values` (B, C, H, W) and put them, and `bias`, back."""
    mean, variance = values.mean((0, 2, 3)), values.var((0, 2, 3), unbiased=False)
    norm.running_mean, norm.running_var = mean, variance
    norm.weight.copy_(torch.sqrt(variance + norm.eps))
    norm.bias.copy_(mean + bias)


def _norms_after(network: nn.Module) -> dict[int, nn.BatchNorm2d]:
    """The normalisation that follows a convolution, by the convolution's id."""
    pairs = [pair for module in network.modules() if isinstance(module, nn.Sequential) for pair in pairwise(module)]
    return {id(first): second for first, second in pairs if isinstance(second, nn.BatchNorm2d)}


def restore(network: nn.Module, path: Path, inputs: Tensor) -> None:
    """Give `network` the weights of the ONNX file that was exported from such a one.

    inputs: (B, C, H, W) float32 real inputs, some dozens, by which the normalisations learn what is usual. Raises
    TwinMirrorError where the file holds another network.
    """
    weights, order = onnx_weights(path), _in_order(network.eval(), inputs[:1])
    if [weight.shape for weight, _ in weights] != [tuple(module.weight.shape) for module in order]:
        msg = f"{path} holds another network than this one: begin with a model that this version exported"
        raise TwinMirrorError(msg)
    norms, hooks = _norms_after(network), []
    with torch.no_grad():
        for module, (weight, bias) in zip(order, weights, strict=True):
            module.weight.copy_(torch.from_numpy(weight))
            norm = norms.get(id(module))
            if norm is not None:
                hooks.append(norm.register_forward_pre_hook(_learning(torch.from_numpy(bias))))
            elif module.bias is not None:
                module.bias.copy_(torch.from_numpy(bias))
        network(inputs)
    for hook in hooks:
        hook.remove()


def _learning(bias: Tensor) -> Callable[[nn.BatchNorm2d, tuple[Tensor]], None]:
    """A hook that makes a normalisation neutral just before it sees its first values."""
    return lambda norm, values: _neutral(norm, values[0], bias)
