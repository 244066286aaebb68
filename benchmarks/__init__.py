"""Measured speed: each figure beside the barest work that does the same, in the same run."""
