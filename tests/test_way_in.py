"""The way in: who gets through the door, how a session ends, and what a person sees when something goes wrong."""

import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as site
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path, reverse
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from config import pages
from office.models import Staff

pytestmark = pytest.mark.django_db

PASSWORD = "黄河故道2025nongye"


def _breaks(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("身份证 320311199001011234")


def _quiet(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


handler404, handler500 = pages.not_found, pages.system_error
urlpatterns = [
    path("breaks/", _breaks),
    path("quiet/", _quiet),
    path("", include("config.urls")),
]


@pytest.fixture
def clerk() -> Staff:
    return Staff.objects.create_user("li", password=PASSWORD)


@pytest.fixture
def quiet_page(settings: Any) -> Iterator[str]:
    settings.ROOT_URLCONF = __name__
    yield "/quiet/"


def _sign_in(client: Client, password: str = PASSWORD) -> Any:
    return client.post(reverse("login"), {"username": "li", "password": password})


def test_the_right_password_opens_and_a_wrong_one_tells_nothing(client: Client, clerk: Staff) -> None:
    refused = _sign_in(client, "wrong-password")
    assert "用户名或密码不正确" in refused.content.decode()
    assert _sign_in(client).status_code == 302
    assert client.session["_auth_user_id"] == str(clerk.pk)


def test_five_failures_lock_the_account_even_for_the_right_password(client: Client, clerk: Staff) -> None:
    answers = [_sign_in(client, f"wrong-{n}") for n in range(site.AXES_FAILURE_LIMIT)]
    assert answers[-1].status_code == 429
    locked = _sign_in(Client(REMOTE_ADDR="10.9.8.7"))
    assert locked.status_code == 429
    assert "账号已锁定" in locked.content.decode()


def test_an_idle_session_ends(client: Client, clerk: Staff, quiet_page: str) -> None:
    began = timezone.now()
    client.force_login(clerk)
    assert client.get(quiet_page).content == b"ok"
    with time_machine.travel(began + site.SESSION_IDLE - timedelta(minutes=1), tick=False):
        assert client.get(quiet_page).content == b"ok"
    with time_machine.travel(began + 2 * site.SESSION_IDLE, tick=False):
        assert client.get(quiet_page).url == reverse("login")
    assert "_auth_user_id" not in client.session


def test_a_busy_session_ends_after_a_working_day(client: Client, clerk: Staff, quiet_page: str) -> None:
    began = timezone.now()
    client.force_login(clerk)
    step = site.SESSION_IDLE - timedelta(minutes=2)
    answers = []
    for n in range(int(site.SESSION_ABSOLUTE / step) + 2):
        with time_machine.travel(began + n * step, tick=False):
            answers.append(client.get(quiet_page).status_code)
    assert answers[0] == 200
    assert answers[-1] == 302


def test_without_the_second_factor_every_page_leads_to_it(
    client: Client, clerk: Staff, settings: Any, quiet_page: str
) -> None:
    settings.OTP_REQUIRED = True
    client.force_login(clerk)
    door = reverse("second-factor")
    assert client.get(quiet_page).url == door
    assert client.get("/admin/").url == door

    first = client.get(door).content.decode()
    assert "data:image/svg+xml" in first
    device = TOTPDevice.objects.get(user=clerk)
    assert not device.confirmed
    assert "验证码不正确" in client.post(door, {"token": "000000"}).content.decode()
    assert client.get(quiet_page).url == door

    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    token = f"{totp(device.bin_key):06d}"
    assert client.post(door, {"token": token}).status_code == 302
    assert client.get(quiet_page).content == b"ok"

    again = Client()
    again.force_login(clerk)
    assert "data:image/svg+xml" not in again.get(door).content.decode(), "a key is shown once"


def test_chinese_first_and_english_by_the_switch(client: Client) -> None:
    english_browser = {"Accept-Language": "en-US,en;q=0.9"}
    assert "登录" in client.get("/login/", headers=english_browser).content.decode()
    client.post(reverse("set_language"), {"language": "en"})
    assert client.get("/login/").headers["Content-Language"] == "en"


def test_a_system_error_shows_the_number_of_its_log_line(quiet_page: str, caplog: pytest.LogCaptureFixture) -> None:
    client = Client(raise_request_exception=False)
    with caplog.at_level(logging.INFO):
        answer = client.get("/breaks/?q=320311199001011234")
    text = answer.content.decode()
    number = re.search(r"<code>([0-9a-f-]{36})</code>", text)
    assert answer.status_code == 500
    assert number
    assert "ZeroDivisionError" not in text
    lines = [record.getMessage() for record in caplog.records if number[1] in record.getMessage()]
    assert any("request_failed" in line for line in lines)
    assert not any("q=320311199001011234" in record.getMessage() for record in caplog.records)


def test_a_missing_page_says_so_in_chinese(client: Client) -> None:
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    assert "没有找到" in answer.content.decode()


def test_health_answers_without_signing_in(client: Client) -> None:
    answer = client.get("/health/?format=json")
    assert answer.status_code == 200
    assert set(answer.json().values()) == {"OK"}


def test_every_page_carries_the_content_security_policy(client: Client) -> None:
    policy = client.get("/login/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self' 'unsafe-eval'" in policy
