"""What enrollment does behind the doorbell: importing its job handlers makes them known to the worker."""

from enrollment import renewal

__all__ = ["renewal"]
