"""Doors of funds for the clock: loads the work that jobs of this room do."""

from funds import settlement

__all__ = ["settlement"]
