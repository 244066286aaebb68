"""Addresses of what is exchanged with other offices: rosters of statuses, ends, doubts, identity proofs."""

from django.urls import path

from enrollment import leaving_pages, status_pages

exchange = [
    path("statuses/", status_pages.Statuses.as_view(), name="statuses"),
    path("statuses/files/<int:pk>/", status_pages.compare, name="compare-statuses"),
    path("ended/", leaving_pages.Ended.as_view(), name="ended"),
]
