"""Addresses of refunds and of the three-way reconciliation."""

from django.urls import path

from enrollment import reconcile_pages, refund_list_pages, refund_pages

refunding = [
    path("refunds/", refund_pages.Refunds.as_view(), name="refunds"),
    path("refunds/new/", refund_pages.Refundable.as_view(), name="refundable"),
    path("refunds/payments/<int:pk>/", refund_pages.apply, name="apply-refund"),
    path("refunds/<int:pk>/", refund_pages.refund_page, name="refund"),
    path("refunds/<int:pk>/check/", refund_pages.check, name="check-refund"),
    path("refunds/<int:pk>/approve/", refund_pages.approve, name="approve-refund"),
    path("refunds/<int:pk>/again/", refund_pages.again, name="refund-again"),
    path("refunds/<int:pk>/notice/", refund_pages.notice, name="refund-notice"),
    path("refunds/<int:pk>/bounce/", refund_list_pages.bounce, name="bounce-refund"),
    path("refunds/lists/", refund_list_pages.RefundLists.as_view(), name="refund-lists"),
    path("refunds/lists/new/", refund_list_pages.make, name="make-refund-list"),
    path("refunds/lists/<int:pk>/", refund_list_pages.list_page, name="refund-list"),
    path("refunds/lists/<int:pk>/bank-file/", refund_list_pages.bank_file, name="refund-bank-file"),
    path("refunds/lists/<int:pk>/paid/", refund_list_pages.paid, name="refunds-paid"),
    path("reconciliation/", reconcile_pages.matrix, name="reconciliation"),
    path("reconciliation/run/", reconcile_pages.run, name="reconcile"),
    path("reconciliation/days/<str:day>/", reconcile_pages.DayItems.as_view(), name="reconciled-day"),
    path("reconciliation/differences/", reconcile_pages.Differences.as_view(), name="differences"),
    path("reconciliation/items/<int:pk>/", reconcile_pages.item_page, name="comparison"),
    path("reconciliation/items/<int:pk>/settle/", reconcile_pages.settle, name="settle-comparison"),
]
