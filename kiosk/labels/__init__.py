"""What every picture and clip carries before it may leave: a visible label, XMP, and signed Content Credentials."""
