"""Addresses of what is exchanged with other offices, of who may be insured twice, and of identity proofs."""

from django.urls import path

from enrollment import doubt_pages, leaving_pages, proof_pages, status_pages

exchange = [
    path("statuses/", status_pages.Statuses.as_view(), name="statuses"),
    path("statuses/files/<int:pk>/", status_pages.compare, name="compare-statuses"),
    path("ended/", leaving_pages.Ended.as_view(), name="ended"),
    path("doubts/", doubt_pages.Doubts.as_view(), name="doubts"),
    path("doubts/seek/", doubt_pages.seek, name="seek-doubts"),
    path("doubts/settled/", doubt_pages.SettledDoubts.as_view(), name="settled-doubts"),
    path("doubts/<int:pk>/", doubt_pages.doubt_page, name="doubt"),
    path("periods/<int:pk>/proofs/", proof_pages.Proofs.as_view(), name="proofs"),
    path("periods/<int:pk>/proofs/enter/", proof_pages.prove, name="prove"),
]
