"""What claims does behind the doorbell: importing its job handlers makes them known to the worker."""

from claims import catalogue_files, institution_files, intake

__all__ = ["catalogue_files", "institution_files", "intake"]
