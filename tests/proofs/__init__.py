"""Proofs: one claim about the house each, tried many times with random, hostile or concurrent input."""
