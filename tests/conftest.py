"""What every test finds: a house without delays, a real browser where there is one, a plain word on what it ran on."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import translation
from playwright.sync_api import Browser, Page, sync_playwright

from config.celery import app as celery_app
from funds.models import Account
from office.models import AuditHead, Staff
from tests.town import Town, town
from tests.town_office import PASSWORD

__all__ = ["town"]

IN_CI = os.environ.get("REQUIRE_SERVERS") == "1"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""


def _house() -> str:
    jobs = "Redis" if settings.REDIS_URL else "files"
    return f"ran on {connection.display_name}, jobs through {jobs}"


def pytest_configure(config: pytest.Config) -> None:
    """A strong hash takes a tenth of a second on purpose; tests sign in hundreds of people."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


def pytest_report_header() -> str:
    """The first lines say what this run stands on."""
    return f"huimin: {_house()}; browser: {CHROMIUM or 'none'}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The last lines say it again, with what was left out."""
    left_out = os.environ.get("HUIMIN_LEFT_OUT", "")
    terminalreporter.write_line(f"huimin: {_house()}" + (f"; NOT run on: {left_out}" if left_out else ""))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, by name, what this machine cannot run; in CI it has to be able to."""
    lacking = {}
    if connection.vendor != "postgresql":
        lacking["postgres"] = "needs PostgreSQL; this run is on SQLite"
    if not settings.REDIS_URL:
        lacking["redis"] = "needs Redis; this run carries jobs through files"
    if not CHROMIUM and not IN_CI:
        lacking["browser"] = "no chromium on this machine"
    for item in items:
        for marker, reason in lacking.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def _house_without_delays(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Jobs run where they are called, files go to the test's own folder, and everybody speaks Chinese to begin with."""
    translation.activate(settings.LANGUAGE_CODE)  # a request of the test before may have left its own language behind
    settings.MEDIA_ROOT = tmp_path / "files"
    before, celery_app.conf.task_always_eager = celery_app.conf.task_always_eager, True
    yield
    celery_app.conf.task_always_eager = before


@pytest.fixture(scope="session", autouse=True)
def _tests_may_empty_the_books() -> Iterator[None]:
    """A test that commits ends by emptying every table, which append-only tables rightly refuse to anybody else."""
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_past_triggers(self: Any, statements: list[str]) -> None:
        with self.connection.cursor() as cursor:
            lift, restore = _triggers(cursor)
        accounts = list(Account.objects.order_by("pk"))
        flush(self, [*lift, *statements, *restore])
        # What the migrations put down stands in every office: the chart of accounts and the head of the audit trail.
        Account.objects.bulk_create(accounts)
        AuditHead.objects.create(pk=1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "execute_sql_flush", flush_past_triggers)
        yield


def _triggers(cursor: Any) -> tuple[list[str], list[str]]:
    """The statements that lift every trigger of the schema, and those that put each of them back."""
    if connection.vendor == "sqlite":
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = cursor.fetchall()
        return [f"DROP TRIGGER {name}" for name, _sql in found], [sql for _name, sql in found]
    cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
    tables = [table for (table,) in cursor.fetchall()]
    return (
        [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables],
        [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables],
    )


@pytest.fixture(scope="session")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """The machine's own Chromium, once per worker."""
    # Playwright runs an event loop in this thread; Django would refuse the database there, and keeps a second
    # connection for it, which has to be closed before the test database can be dropped.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()
        for second in connections.all(initialized_only=True):
            second.close()
            getattr(second, "close_pool", lambda: None)()


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A fresh window on the live office; a script error or a refused resource in it fails the test."""
    context = browser.new_context(base_url=live_server.url, locale="zh-CN", timezone_id="Asia/Shanghai")
    window = context.new_page()
    wrong: list[str] = []
    window.on("pageerror", lambda error: wrong.append(str(error)))
    window.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    yield window
    context.close()
    assert not wrong, wrong


@pytest.fixture
def standing_town(live_server: Any) -> Town:
    """The town with its doors open: what it does is committed, so that a browser sees it."""
    return Town()


@pytest.fixture
def signed_in(page: Page) -> Callable[[Staff], Page]:
    """Somebody comes in by the front door, on the screen of an office."""

    def come(staff: Staff) -> Page:
        page.set_viewport_size({"width": 1366, "height": 768})
        page.context.clear_cookies()
        page.goto("/login/")
        page.fill("input[name=username]", staff.username)
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/work/**")
        page.bring_to_front()  # a page in the background has no focus to give
        return page

    return come


@pytest.fixture
def picture(page: Page) -> Callable[[str], None]:
    """Keep a picture of the page in the folder PICTURES, where somebody wants to look at it."""

    def take(name: str) -> None:
        folder = os.environ.get("PICTURES", "")
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return take
