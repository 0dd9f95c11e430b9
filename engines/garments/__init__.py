"""From a product photo to the canonical `Garment` that is worn."""
