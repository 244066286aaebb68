"""What claims does behind the doorbell: importing its job handlers makes them known to the worker."""

from claims import intake

__all__ = ["intake"]
