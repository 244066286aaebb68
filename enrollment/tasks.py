"""What enrollment does behind the doorbell: importing its job handlers and files makes them known to the worker."""

from enrollment import payments, renewal, roster

__all__ = ["payments", "renewal", "roster"]
