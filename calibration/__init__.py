"""Calibration of one mirror: camera, floor, colour, clean plate, latency. Knows neither `kiosk` nor a screen.

Pure functions. Lengths are millimetres. The camera's frame is OpenCV's: x right, y down, z away from the camera,
origin in its centre of projection. A screen's or a board's frame begins at its upper left corner, x right and y down
as it is read, z into it. Pixels count from the middle of the upper left one, as OpenCV counts.
"""
