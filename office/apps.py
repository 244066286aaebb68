"""Name of the office app as Django and the staff see it."""

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "office"
    verbose_name = "机构与公共事务"
