"""The doorbell: Celery carries keys to work, the rows in the tables are the queue."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("huimin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
