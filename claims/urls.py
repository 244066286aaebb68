"""Addresses of claims on the work site."""

from django.urls import path

from claims import after_change, after_end, catalogue_pages, contracting, trial, views
from claims.contract_urls import contracts

app_name = "claims"

urlpatterns = [
    path("claims/", views.Claims.as_view(), name="claims"),
    path("claims/after-end/", after_end.AfterEnd.as_view(), name="after-end"),
    path("claims/after-change/", after_change.AfterChange.as_view(), name="after-change"),
    path("review/", views.queue, name="queue"),
    path("claims/<int:pk>/", views.claim_page, name="claim"),
    path("claims/<int:pk>/decide/", views.decide, name="decide"),
    path("claims/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("claims/<int:pk>/reveal/", views.reveal, name="reveal"),
    path("institutions/", contracting.Institutions.as_view(), name="institutions"),
    path("institutions/new/", contracting.admit, name="admit"),
    path("institutions/<int:pk>/", contracting.institution_page, name="institution"),
    path("institutions/<int:pk>/facts/", contracting.state_facts, name="state-facts"),
    *contracts,
    path("filings/", contracting.Filings.as_view(), name="filings"),
    path("filings/new/", contracting.file, name="file"),
    path("catalogue/", catalogue_pages.Catalogue.as_view(), name="catalogue"),
    path("catalogue/<int:pk>/", catalogue_pages.item_page, name="catalogue-item"),
    path("catalogue/files/<int:pk>/compare/", catalogue_pages.compare, name="compare-codes"),
    path("diseases/", catalogue_pages.Diseases.as_view(), name="diseases"),
    path("operations/", catalogue_pages.Operations.as_view(), name="operations"),
    path("institutions/<int:pk>/region/", catalogue_pages.locate, name="locate"),
    path("estimate/", trial.estimate_page, name="estimate"),
]
