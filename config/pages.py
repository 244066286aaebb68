"""Doors that belong to no part of the office: the way in, the second factor, and the pages for what went wrong."""

from typing import Any

import segno
import structlog
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_otp import login as mark_verified
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.widgets import BASE_INPUT_CLASSES


def home(request: HttpRequest) -> HttpResponse:
    """The bare address leads to the work desk."""
    return redirect("/work/")


class SignInForm(AuthenticationForm):
    """Name and password, with the one answer that tells a guesser nothing."""

    error_messages = {
        "invalid_login": gettext_lazy("用户名或密码不正确。"),
        "inactive": gettext_lazy("该账号已停用，请联系系统管理员。"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = " ".join(BASE_INPUT_CLASSES)


class SignIn(LoginView):
    """The way in; the admin's own page asks the same keepers and tells people without admin duties so."""

    template_name = "login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """The page wears the look of the desk: its styles, icon and title."""
        return admin.site.each_context(self.request) | super().get_context_data(**context) | {"site_url": None}


@sensitive_post_parameters("token")
@login_required
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Prove the second factor; who has none yet is shown a new key until a number of it is proved."""
    if not settings.OTP_REQUIRED or request.user.is_verified():
        return redirect(settings.LOGIN_REDIRECT_URL)
    device = TOTPDevice.objects.filter(user=request.user).order_by("-confirmed", "pk").first()
    if device is None:
        device = TOTPDevice.objects.create(user=request.user, name="totp", confirmed=False)
    refusal = ""
    if request.method == "POST":
        allowed, _why = device.verify_is_allowed()
        if allowed and device.verify_token(request.POST.get("token", "").strip()):
            if not device.confirmed:
                TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
            mark_verified(request, device)
            return redirect(settings.LOGIN_REDIRECT_URL)
        refusal = _("验证码不正确，请输入当前显示的六位数字。") if allowed else _("尝试过于频繁，请稍后再试。")
    picture = "" if device.confirmed else segno.make(device.config_url, error="m").svg_data_uri(scale=5)
    context = {**admin.site.each_context(request), "site_url": None, "picture": picture, "refusal": refusal}
    return render(request, "second_factor.html", context)


def _error(request: HttpRequest, status: int) -> HttpResponse:
    number = structlog.contextvars.get_contextvars().get("request_id", "")
    return render(request, f"{status}.html", {"number": number}, status=status)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: signed in, but not for this."""
    return _error(request, 403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such page, or none that this person may know of."""
    return _error(request, 404)


@requires_csrf_token
def system_error(request: HttpRequest) -> HttpResponse:
    """500: shows the number under which the log tells what happened, and nothing else."""
    return _error(request, 500)
