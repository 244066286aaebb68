"""Addresses of how the collection is followed: targets, the unpaid, certificates of payment."""

from django.urls import path

from enrollment import certificate_pages, target_pages, unpaid_pages

following = [
    path("targets/", target_pages.targets_page, name="targets"),
    path("targets/<int:pk>/", target_pages.targets_page, name="targets-of"),
    path("targets/<int:pk>/set/", target_pages.set_target, name="set-target"),
    path("targets/<int:pk>/split/", target_pages.split_target, name="split-target"),
    path("unpaid/", unpaid_pages.unpaid_here, name="unpaid-here"),
    path("unpaid/<int:pk>/", unpaid_pages.Unpaid.as_view(), name="unpaid"),
    path("unpaid/<int:pk>/print/", unpaid_pages.print_unpaid, name="print-unpaid"),
    path("unpaid/<int:pk>/messages/", unpaid_pages.message_list, name="unpaid-messages"),
    path("certificates/", certificate_pages.Certificates.as_view(), name="certificates"),
    path("enrollments/<int:pk>/certificate/", certificate_pages.certify_payment, name="certify-payment"),
]
