"""What the training of every small network has in common: layers, and a trainer bounded in time that goes on."""
