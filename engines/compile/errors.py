"""What can go wrong between an ONNX file and an engine."""

from __future__ import annotations

from engines.errors import TwinMirrorError


class GraphError(TwinMirrorError):
    """A network's graph cannot be read, or holds what no engine can be made of; the text names the first cause."""


class BuildError(TwinMirrorError):
    """An engine cannot be built here, or its building was refused by the compiler; the old engine still works."""


class VerificationError(TwinMirrorError):
    """An engine was built, but does not say what the network says; the text gives the figures."""
