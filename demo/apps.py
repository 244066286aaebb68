"""The demo as a Django app: it has no tables, only a command and a page."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"
    verbose_name = "演示城市"
