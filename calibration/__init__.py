"""Calibration of one mirror: camera, floor, colour, clean plate, latency. Knows neither `kiosk` nor a screen."""
