"""Synthetic people and clothes with exact ground truth: the only data the networks are trained on.

Bodies come from Anny, garments are sewing patterns relaxed as cloth, pictures come from our own rasteriser. World
coordinates of this folder: metres, y up, x towards the person's left, z towards where the person faces.
"""
