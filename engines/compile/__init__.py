"""From a network's ONNX file to an engine for the device it runs on: checked, predicted, quantised, built, verified."""
