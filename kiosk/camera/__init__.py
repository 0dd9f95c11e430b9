"""Where the mirror's pictures come from: webcams, streams and clips behind one interface."""
