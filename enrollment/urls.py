"""Addresses of enrollment on the work site."""

from django.urls import path

from enrollment import household_pages, views, village_pages
from enrollment.exchange_urls import exchange
from enrollment.register_urls import keeping

app_name = "enrollment"

urlpatterns = [
    path("residents/", views.Residents.as_view(), name="residents"),
    path("residents/<int:pk>/", views.resident_page, name="resident"),
    path("residents/<int:pk>/number/", views.show_number, name="show-number"),
    path("residents/<int:pk>/enroll/<int:period_pk>/", views.enroll, name="enroll"),
    path("residents/<int:pk>/status/", views.certify, name="certify"),
    path("residents/<int:pk>/end/", views.end, name="end"),
    path("residents/<int:pk>/id-card/", views.id_card, name="id-card"),
    path("register/", views.register, name="register"),
    path("register/number/", views.read_number, name="read-number"),
    *keeping,
    path("households/", views.Households.as_view(), name="households"),
    path("households/<int:pk>/", household_pages.household_page, name="household"),
    path("households/<int:pk>/print/", household_pages.print_household, name="print-household"),
    path("residents/<int:pk>/print/", household_pages.print_resident, name="print-resident"),
    path("villages/", village_pages.village_page, name="villages"),
    path("villages/<int:pk>/", village_pages.village_page, name="village"),
    path("villages/<int:pk>/print/", village_pages.print_village, name="print-village"),
    *exchange,
    path("periods/", views.Periods.as_view(), name="periods"),
    path("periods/new/", views.open_period, name="open-period"),
    path("periods/<int:pk>/", views.period_page, name="period"),
    path("periods/<int:pk>/confirm/", views.confirm, name="confirm"),
    path("periods/<int:pk>/missing/", views.enroll_missing, name="enroll-missing"),
    path("periods/<int:pk>/enrollments/", views.Enrollments.as_view(), name="enrollments"),
    path("payments/", views.Payments.as_view(), name="payments"),
    path("payments/rematch/", views.rematch, name="rematch"),
    path("renewal/", views.renewal_page, name="renewal"),
    path("renewal/<int:pk>/", views.renewal_page, name="renewal"),
    path("renewal/<int:pk>/start/", views.start_renewal, name="start-renewal"),
    path("renewal/<int:pk>/<slug:which>/", views.RenewalList.as_view(), name="renewal-list"),
]
