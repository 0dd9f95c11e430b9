"""Twins: recorded or rendered people who wear the look in the shopper's place, each with the licence to show them."""
