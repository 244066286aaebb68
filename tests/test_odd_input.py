"""Nobody's odd input breaks a page: every address and form of every app, values no form would offer."""

import os
import random
import traceback
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from typing import Any, Final

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from claims import filing
from claims.models import Agreement
from enrollment import changing, merging, papers, reconciling, refund_paying, refunds
from enrollment.models import Doubt, Payment
from funds import settlement
from office import duties, jobs, uploads
from office.models import Staff
from tests.office.test_scans import PDF
from tests.test_scope import CITY_ROWS, DOORS, OPEN, ROWS, sponsor
from tests.town import Town
from tests.town_enrollment import refund_terms

pytestmark = pytest.mark.django_db

EVERYTHING: Final = os.environ.get("ODD_INPUT") == "all"  # every value in every field: minutes instead of seconds
PROBE: Final = "<script>alert(7)</script>"
ODD: Final = (
    "", " ", "0", "-1", "1.005", "1e999", "NaN", "-Infinity", "9" * 19, "9" * 30, "9" * 5000, "a\0b",
    "\ufffe\u202e\u2028", "𠮷䶮·", PROBE, "=1+1", "'\"%_\\", "字" * 10_000, "2025-02-30", "0001-01-01",
    "9999-12-31", "２０２５－０１－０１", "null", "[]", "../../etc/passwd", "140702198005051234", "on",
)  # fmt: skip
FILES: Final = (
    b"", b"\0", b"\xff\xfe\0\0", b"PK\x03\x04nothing", "姓名,证件号码\n,,,\n".encode(), "姓名\n\"".encode(),
    "姓名,证件号码,上次参保年度,电话,与户主关系\n王一,140702198005050013,99999999,{0},{0}\n".format("1" * 39).encode(),
)  # fmt: skip


class _Form(HTMLParser):
    """The fields of a page with what stands in them: what a person who just presses the button would send."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name = told.get("name") or ""
        if tag in ("input", "textarea", "button") and name:
            plain = {"date": "2025-03-10", "number": "1", "text": "一", "file": ""}.get(told.get("type") or "text", "1")
            self.fields.setdefault(name, told.get("value") or plain)
        elif tag == "select":
            self._select = name
            self.fields.setdefault(name, "")
        elif tag == "option" and self._select and not self.fields[self._select]:
            self.fields[self._select] = told.get("value") or ""


@pytest.fixture
def busy(town: Town) -> Town:
    """A town in which every table has a row and every role a person."""
    town.books_open()
    town.catalogued()
    hospital = town.hospital("county")
    town.contracted(hospital)
    patient = town.covered("王安", groups=["orphan"])
    born = date(2025, 2, 1)
    act = {"by": town.clerk, "on": town.today, "at": town.now, "why": "一"}
    merging.merge(town.newborn(born), town.resident(birth=born), **act)
    changing.change(patient, phone="1", **act)
    papers.file(patient, "id_card", scan=[PDF], by=town.clerk, on=town.today, at=town.now)
    town.school()
    sponsor(town, patient, "一")
    Doubt.objects.create(kind="elsewhere", resident=patient, area=town.village, place="外市", found_on=town.today)
    filing.file(patient, "resident", date(2025, 1, 1), date(2025, 12, 31), by=town.clerk, at=town.now, number="备1")
    town.approved(patient, hospital, number="单1")
    settlement.draft(hospital.pk, town.policy, date(2025, 3, 1), town.accountant, town.now)
    town.claim(patient, hospital, number="单2", on=date(2025, 4, 9))
    town.tax_file(town.tax_line(patient, date(2025, 1, 9), 完税凭证号="证9"), name="九.csv", take=False)
    town.tax_file(town.tax_line(patient, date(2024, 11, 9), 完税凭证号="又付"), name="又付.csv")
    _refunds(town, Payment.objects.get(receipt="又付"))
    town.booked("5.00")
    jobs.start("none", "none", "任务", town.city, [jobs.Piece("块", [1])], town.accountant, town.now)
    for role in Staff.Role.values:
        Staff.objects.filter(pk=town.member(role).pk).update(is_staff=True)
    return town


def _refunds(town: Town, payment: Payment) -> None:
    """A refund on its way to the bank, and a day with a difference."""
    at = town.now
    refund = refunds.apply_for(payment, "paid_twice", **refund_terms(), by=town.clerk, on=town.today, at=at)
    refunds.check(refund, by=town.manager, at=at)
    refunds.approve(refund, by=town.rechecker, at=at)
    refund_paying.make_list(town.city, by=town.accountant, on=town.today, at=at)
    reconciling.start(town.city, payment.paid_on, by=town.accountant, on=town.today, at=at)
    town.work()
    town.work()


def _as(staff: Staff) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(Staff.objects.get(pk=staff.pk), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture(autouse=True)
def wrong() -> Iterator[list[str]]:
    """Whatever went wrong in a walk, told together at its end."""
    _wrong.clear()
    yield _wrong
    assert not _wrong, "\n".join(_wrong)


_wrong: list[str] = []


def _ask(client: Client, method: str, address: str, **data: Any) -> Any:
    """One request whose effects are undone, so that each meets the town as it was."""
    with transaction.atomic():
        answer = getattr(client, method)(address, **data)
        transaction.set_rollback(True)
    told = f"{method} {address[:90]} {str(data)[:300]}"
    if answer.status_code >= 500:
        error = answer.exc_info[1]
        at = traceback.extract_tb(error.__traceback__)[-1]
        _wrong.append(f"{told}: {error!r:.300} at {at.filename}:{at.lineno}")
    if not answer.streaming and PROBE in answer.content.decode(errors="replace"):
        _wrong.append(f"{told}: what was typed came back as a script")
    return answer


def _drawn(seed: str, many: int) -> list[str]:
    """Some of the odd values, others for each field, the same in each run."""
    return list(ODD) if EVERYTHING else random.Random(seed).sample(ODD, many)


def _addresses(name: str) -> Iterator[str]:
    """The address with a row that is there, with one that is not, and with a key that no table can hold."""
    wanted = DOORS[name].pattern.converters
    if "pk" not in wanted:
        words = {"code": ("roster", "payments", "claims", "x"), "day": ("2025-03-05", "2025-02-30", "x")}
        codes = next((words[word] for word in wanted if word in words), ("x",))
        yield from (reverse(name, kwargs=dict.fromkeys(wanted, code) if wanted else None) for code in codes)
        return
    model = {"claims:end-agreement": Agreement}.get(name) or ROWS.get(name) or CITY_ROWS[name]
    there = model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 1
    odd = (0, 2**31, 2**63, 10**30)
    for key in (there, *(odd if EVERYTHING else [random.Random(name).choice(odd)])):
        more = {"period_pk": 1 if key == there else key, "which": "new" if key == there else "x"}
        yield reverse(name, kwargs={word: more.get(word, key) for word in wanted})


def _at(name: str) -> Iterator[Client]:
    """Whoever may pass this door: everybody where all is asked for, else one of them, another for each door."""
    callback = DOORS[name].callback
    duty = None if name in OPEN else getattr(callback, "duty", None) or callback.__wrapped__.duty
    those = [staff for staff in Staff.objects.filter(area__level=1) if duty is None or duties.may(staff, duty)]
    yield from map(_as, those if EVERYTHING else [random.Random(name).choice(those)])


def test_odd_addresses_and_questions_break_no_page(busy: Town) -> None:
    for name in DOORS:
        for client in _at(name):
            for address in _addresses(name):
                page = _ask(client, "get", address)
                _ask(client, "post", address)
                if page.status_code == 200 and page["Content-Type"].startswith("text/html"):
                    asked = set(_Form(page.content.decode()).fields) - {"csrfmiddlewaretoken"} | {"q", "page", "export"}
                    for value in _drawn(name, 1):
                        _ask(client, "get", address, data=dict.fromkeys(asked, value))


def test_odd_forms_break_no_page(busy: Town) -> None:
    for name in DOORS:
        for client in _at(name):
            for address in list(_addresses(name))[: 3 if "code" in DOORS[name].pattern.converters else 1]:
                page = _ask(client, "get", address)
                # Buttons of other pages lead here: what they send is not on the page itself.
                shown = page.status_code == 200 and page["Content-Type"].startswith("text/html")
                fields = _Form(page.content.decode()).fields if shown else {}
                fields |= dict.fromkeys(("decision", "message", "article", "prefix"), "1")
                if (page.status_code == 200 and len(fields) < 10) or page.status_code == 405:
                    _ask(client, "post", address, data=fields)
                for value in _drawn(name, 1):
                    _ask(client, "post", address, data=dict.fromkeys(fields, value))
                for field in sorted(fields) if EVERYTHING else random.Random(name).sample(sorted(fields), 2):
                    for value in _drawn(name + field, 1):
                        _ask(client, "post", address, data=fields | {field: value})


def test_odd_files_break_no_page(busy: Town) -> None:
    names = ("a.csv", "b.xlsx", "字" * 300 + ".csv")
    for kind, offer in uploads.offered().items():
        role = next(role for role in ("clerk", "accountant", "manager") if role in duties.ROLES[offer.duty])
        client = _as(busy.member(role))
        address = reverse("office:upload", args=[kind])
        fields = _Form(_ask(client, "get", address).content.decode()).fields
        for content in FILES:
            for name in names if EVERYTHING or kind == "roster" else random.Random(kind).sample(names, 1):
                _ask(client, "post", address, data=fields | {"file": SimpleUploadedFile(name, content)})


def test_odd_words_choose_no_area_and_break_no_page(busy: Town) -> None:
    client = _as(busy.clerk)
    period = busy.period().pk
    asked = (
        (reverse("office:areas"), ("field", "level", "area", "village")),
        (reverse("enrollment:villages"), ("go", "year", "standing")),
        (reverse("enrollment:prove", args=[period]), ("village",)),
        (reverse("enrollment:proofs", args=[period]), ("village", "proved", "area")),
    )
    for value in ODD:
        for address, fields in asked:
            _ask(client, "get", address, data=dict.fromkeys(fields, value))
        _ask(client, "get", asked[0][0], data={"field": "area", "level": "4", "area": value})
        _ask(client, "post", reverse("enrollment:register"), data={"area": value, "head-id_number": value})


def test_odd_questions_break_no_page_of_the_admin(busy: Town) -> None:
    for model in admin.site._registry:
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        clients = [_as(busy.member(role)) for role in ("manager", "security", "auditor", "system")]
        client = next((one for one in clients if one.get(reverse(f"{label}_changelist")).status_code == 200), None)
        if client is None:
            continue
        _ask(client, "get", reverse(f"{label}_change", args=["9" * 30]))
        for value in _drawn(label, 1):
            queries = ({"q": value}, {"p": value, "o": value, "id": value, "pk__in": value})
            for query in queries if EVERYTHING else queries[len(label) % 2 :][:1]:
                _ask(client, "get", reverse(f"{label}_changelist"), data=query)
        added = _ask(client, "get", reverse(f"{label}_add"))
        if added.status_code == 200:
            fields = _Form(added.content.decode()).fields
            for value in _drawn(label, 3):
                _ask(client, "post", reverse(f"{label}_add"), data=dict.fromkeys(fields, value))
