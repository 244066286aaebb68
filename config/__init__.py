"""Where the office is put together: settings, addresses, jobs and the clock."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
