"""From a frame and a drape to the picture: clean plate, mattes, colour models, repainting and the compositor."""
