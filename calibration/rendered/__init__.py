"""Boards, mirrors, charts and floors seen through cameras that are known: the ground truth of tests and benchmark."""
