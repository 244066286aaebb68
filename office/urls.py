"""Addresses of office on the work site."""

from django.urls import URLPattern

app_name = "office"

urlpatterns: list[URLPattern] = []
