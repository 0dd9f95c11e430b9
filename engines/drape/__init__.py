"""The draping network: from a body and a garment's shape to fields; its contract, its training, its runtime."""
