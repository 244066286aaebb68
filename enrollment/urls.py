"""Addresses of enrollment on the work site."""

from django.urls import path

from enrollment import (
    household_pages,
    period_pages,
    registration_pages,
    renewal_pages,
    resident_pages,
    village_pages,
)
from enrollment.collecting_urls import collecting
from enrollment.exchange_urls import exchange
from enrollment.follow_urls import following
from enrollment.period_urls import yearly
from enrollment.refund_urls import refunding
from enrollment.register_urls import keeping

app_name = "enrollment"

urlpatterns = [
    path("residents/", resident_pages.Residents.as_view(), name="residents"),
    path("residents/<int:pk>/", resident_pages.resident_page, name="resident"),
    path("residents/<int:pk>/number/", resident_pages.show_number, name="show-number"),
    path("residents/<int:pk>/enroll/<int:period_pk>/", resident_pages.enroll, name="enroll"),
    path("residents/<int:pk>/status/", resident_pages.certify, name="certify"),
    path("residents/<int:pk>/end/", resident_pages.end, name="end"),
    path("residents/<int:pk>/id-card/", resident_pages.id_card, name="id-card"),
    path("register/", registration_pages.register, name="register"),
    path("register/number/", registration_pages.read_number, name="read-number"),
    *keeping,
    path("households/", household_pages.Households.as_view(), name="households"),
    path("households/<int:pk>/", household_pages.household_page, name="household"),
    path("households/<int:pk>/print/", household_pages.print_household, name="print-household"),
    path("residents/<int:pk>/print/", household_pages.print_resident, name="print-resident"),
    path("villages/", village_pages.village_page, name="villages"),
    path("villages/<int:pk>/", village_pages.village_page, name="village"),
    path("villages/<int:pk>/print/", village_pages.print_village, name="print-village"),
    *exchange,
    *following,
    path("periods/", period_pages.Periods.as_view(), name="periods"),
    path("periods/new/", period_pages.open_period, name="open-period"),
    path("periods/<int:pk>/", period_pages.period_page, name="period"),
    path("periods/<int:pk>/confirm/", period_pages.confirm, name="confirm"),
    path("periods/<int:pk>/missing/", period_pages.enroll_missing, name="enroll-missing"),
    path("periods/<int:pk>/enrollments/", period_pages.Enrollments.as_view(), name="enrollments"),
    *yearly,
    *refunding,
    *collecting,
    path("renewal/", renewal_pages.renewal_page, name="renewal"),
    path("renewal/<int:pk>/", renewal_pages.renewal_page, name="renewal"),
    path("renewal/<int:pk>/plan/", renewal_pages.plan_renewal, name="plan-renewal"),
    path("renewal/<int:pk>/start/", renewal_pages.start_renewal, name="start-renewal"),
    path("renewal/<int:pk>/<slug:which>/", renewal_pages.RenewalList.as_view(), name="renewal-list"),
]
