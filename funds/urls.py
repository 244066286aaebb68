"""Addresses of funds on the work site."""

from django.urls import path

from funds import dashboard, redress_pages, views

app_name = "funds"

urlpatterns = [
    path("", dashboard.page, name="dashboard"),
    path("settlements/", views.Settlements.as_view(), name="settlements"),
    path("settlements/month-end/", views.month_end, name="month-end"),
    path("settlements/<int:pk>/", views.settlement_page, name="settlement"),
    path("settlements/<int:pk>/approve/", views.approve, name="approve"),
    path("settlements/<int:pk>/pay/", views.pay, name="pay"),
    path("redress/", redress_pages.Redresses.as_view(), name="redresses"),
    path("redress/<int:pk>/", redress_pages.redress_page, name="redress"),
    path("redress/<int:pk>/prepare/", redress_pages.prepare, name="prepare-redress"),
    path("redress/<int:pk>/settle/", redress_pages.settle, name="settle-redress"),
    path("entries/", views.Entries.as_view(), name="entries"),
    path("entries/<int:pk>/", views.entry_page, name="entry"),
    path("months/", views.Months.as_view(), name="months"),
    path("months/<int:pk>/", views.month_page, name="month"),
    path("months/<int:pk>/close/", views.close_month, name="close-month"),
    path("months/<int:pk>/payments/", views.book_payments, name="book-payments"),
    path("months/<int:pk>/releases/", views.book_releases, name="book-releases"),
    path("months/<int:pk>/refunds/", views.book_refunds, name="book-refunds"),
    path("statements/", views.statement_page, name="statements"),
]
