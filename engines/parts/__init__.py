"""The parts network: it sees pixels, and finds in the camera's picture what a try-on must keep or repaint."""
