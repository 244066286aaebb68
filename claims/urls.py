"""Addresses of claims on the work site."""

from django.urls import URLPattern

app_name = "claims"

urlpatterns: list[URLPattern] = []
