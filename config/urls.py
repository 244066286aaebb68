"""Every address of the office."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from health_check.views import HealthCheckView

from claims.api import api
from config import pages
from enrollment.certificate_pages import check_certificate

CHECKS = ["health_check.checks.Database", "health_check.checks.Cache"]

urlpatterns = [
    path("", pages.home, name="home"),
    path("login/", pages.SignIn.as_view(), name="login"),
    path("login/second-factor/", pages.second_factor, name="second-factor"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("health/", HealthCheckView.as_view(checks=CHECKS), name="health"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("check/", check_certificate, name="check-certificate-by-hand"),
    path("check/<slug:code>/", check_certificate, name="check-certificate"),
    path("api/", api.urls),
    path("work/", include("office.urls")),
    path("work/", include("enrollment.urls")),
    path("work/", include("claims.urls")),
    path("work/", include("funds.urls")),
    path("work/", include("demo.urls")),
]

handler403 = pages.forbidden
handler404 = pages.not_found
handler500 = pages.system_error
