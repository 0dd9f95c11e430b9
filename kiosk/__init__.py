"""The product that stands in the shop: cameras, try-on, catalogue, screens."""
