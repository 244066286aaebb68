"""Addresses of what is paid: files of every channel, exceptions, direct debit."""

from django.urls import path

from enrollment import debit_pages, exception_pages, payment_pages

collecting = [
    path("payments/", payment_pages.Payments.as_view(), name="payments"),
    path("payments/rematch/", payment_pages.rematch, name="rematch"),
    path("payments/files/<int:pk>/", payment_pages.payment_file, name="payment-file"),
    path("exceptions/", exception_pages.Exceptions.as_view(), name="exceptions"),
    path("exceptions/<int:pk>/", exception_pages.exception, name="exception"),
    path("exceptions/<int:pk>/settle/", exception_pages.settle, name="settle-exception"),
    path("exceptions/<int:pk>/assign/", exception_pages.assign, name="assign-payment"),
    path("reassignments/", exception_pages.Reassignments.as_view(), name="reassignments"),
    path("reassignments/<int:pk>/decide/", exception_pages.decide, name="decide-reassignment"),
    path("mandates/", debit_pages.Mandates.as_view(), name="mandates"),
    path("residents/<int:pk>/mandate/", debit_pages.mandate, name="mandate"),
    path("mandates/<int:pk>/withdraw/", debit_pages.withdraw, name="withdraw-mandate"),
    path("debits/", debit_pages.Debits.as_view(), name="debits"),
    path("debits/ask/", debit_pages.ask, name="ask-debit"),
    path("debits/<int:pk>/", debit_pages.Lines.as_view(), name="debit"),
    path("debits/<int:pk>/file/", debit_pages.hand_out, name="debit-file"),
]
