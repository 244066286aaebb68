"""Addresses of a year's collection beside its period: days of counties, sponsors, dues and their corrections."""

from django.urls import path

from enrollment import period_pages, sponsor_pages

yearly = [
    path("periods/<int:pk>/county/", period_pages.county_window, name="county-window"),
    path("periods/<int:pk>/sponsors/new/", sponsor_pages.enter, name="enter-sponsor"),
    path("sponsors/", sponsor_pages.Sponsorships.as_view(), name="sponsors"),
    path("sponsors/<int:pk>/", sponsor_pages.sponsor_page, name="sponsor"),
    path("sponsors/<int:pk>/confirm/", sponsor_pages.confirm, name="confirm-sponsor"),
    path("sponsors/<int:pk>/end/", sponsor_pages.end, name="end-sponsor"),
    path("sponsors/<int:pk>/receive/", sponsor_pages.receive, name="receive-sponsor"),
    path("enrollments/<int:pk>/dues/", sponsor_pages.dues, name="dues"),
    path("corrections/", sponsor_pages.Corrections.as_view(), name="corrections"),
    path("corrections/<int:pk>/even/", sponsor_pages.even, name="even"),
]
