"""`kiosk calibrate`: leads a technician through the steps, keeps what they measured, and tells the product of it.

What is measured, and how, is `calibration`; here are the camera, the screen, the profile's file and the report.
"""
