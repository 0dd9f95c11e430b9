"""The garments of this kiosk: collections that are imported whole or not at all, which one is on show, and since when.

`store` is the one place that knows the database; whatever comes from outside passes `bundle` and `manifest` first.
"""
