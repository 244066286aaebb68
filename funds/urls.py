"""Addresses of funds on the work site."""

from django.urls import URLPattern

app_name = "funds"

urlpatterns: list[URLPattern] = []
