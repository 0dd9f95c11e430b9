"""Synthetic flat-lays and the training of the landmark network.

The only folder of `engines.garments` that uses torch (in `network` and `train`); nothing here is imported when a
garment is made or worn.
"""
