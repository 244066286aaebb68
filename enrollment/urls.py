"""Addresses of enrollment on the work site."""

from django.urls import URLPattern

app_name = "enrollment"

urlpatterns: list[URLPattern] = []
