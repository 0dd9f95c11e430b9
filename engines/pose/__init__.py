"""Persons from pictures: the pose model (fetched, checked, bundled), MediaPipe behind one protocol, the `Body`."""
