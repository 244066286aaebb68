"""Addresses of the pages on which the register is kept true."""

from django.urls import path

from enrollment import register_views

keeping = [
    path("residents/<int:pk>/change/", register_views.change, name="change"),
    path("changes/", register_views.Changes.as_view(), name="changes"),
    path("changes/<int:pk>/", register_views.change_page, name="change-page"),
    path("changes/<int:pk>/decide/", register_views.decide_change, name="decide-change"),
]
