"""From what the estimator says of each frame to one steadily followed person."""
