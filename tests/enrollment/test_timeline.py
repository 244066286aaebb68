"""Cover over the years: every day once, with what holds on it, why and by which article; what the counter answers."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from enrollment import ending, timeline
from enrollment.models import CollectionPeriod, Enrollment, Resident
from enrollment.timeline import Kind
from tests.town import Town


def told(resident: Resident, today: date) -> list[tuple[str, str, str, str]]:
    years = list(resident.enrollments.select_related("period"))
    found = timeline.stretches(resident, years, today)
    return [(str(one.since), str(one.until), str(one.kind), one.article) for one in found]


@pytest.mark.django_db
@pytest.mark.article("JZ10.1", "JZ09")
def test_a_year_missed_a_late_payment_and_a_wait_are_told_day_by_day(town: Town) -> None:
    resident = town.resident(insured_through=2024)
    town.paid(resident, on=date(2025, 1, 20), amount="1070.00")
    assert told(resident, date(2025, 3, 1)) == [
        ("2025-01-01", "2025-01-19", "unpaid", "JZ09"),
        ("2025-01-20", "2025-02-19", "waiting", "JZ09"),
        ("2025-02-20", "2025-12-31", "covered", "JZ09"),
    ]


@pytest.mark.django_db
@pytest.mark.article("BZ11.2", "BZ11.4")
def test_a_transition_is_a_stretch_of_its_own(db: None) -> None:
    town = Town("371600", "binzhou_2021")
    resident = town.resident()
    town.paid(resident, on=date(2025, 2, 10), amount="1070.00")
    assert told(resident, date(2025, 3, 1)) == [
        ("2025-01-01", "2025-02-09", "unpaid", "BZ11.4"),
        ("2025-02-10", "2025-05-11", "transition", "BZ11.2"),
        ("2025-05-12", "2025-12-31", "covered", "BZ11.2"),
    ]


@pytest.mark.django_db
@pytest.mark.article("JZ08")
def test_a_birth_a_year_without_and_an_end(town: Town) -> None:
    child = town.newborn(date(2025, 2, 1))
    town.enrolled(child, on=date(2025, 2, 10))
    ending.end([child], "moved_out", date(2025, 3, 5), by=town.clerk, at=town.now)
    child.refresh_from_db()
    assert told(child, date(2026, 3, 1)) == [
        ("2025-02-01", "2025-03-05", "covered", "JZ08"),
        ("2025-03-06", "2026-12-31", "ended", ""),
    ]


@pytest.mark.django_db
@pytest.mark.article("JZ09")
def test_the_counter_is_told_from_when_if_they_paid_today(town: Town) -> None:
    resident = town.resident(insured_through=2024)
    town.enrolled(resident)
    years = list(resident.enrollments.select_related("period"))
    said = timeline.answer(resident, years, date(2025, 1, 20))
    assert (said.standing.covered, said.if_paid, said.article) == (False, date(2025, 2, 20), "JZ09")
    newcomer = town.resident()
    town.enrolled(newcomer)
    said = timeline.answer(newcomer, list(newcomer.enrollments.select_related("period")), date(2025, 1, 20))
    assert (said.if_paid, said.article) == (None, "JZ09")
    client = Client()
    client.force_login(town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("enrollment:resident", args=[resident.pk])).content.decode()
    assert "今天能否享受待遇" in page
    assert "hm-stretches" in page


_DAYS = st.integers(0, 364)


@given(
    years=st.lists(
        st.tuples(st.integers(2020, 2026), _DAYS, _DAYS, st.sampled_from(["due", "covered", "refused"]), st.booleans()),
        max_size=5,
        unique_by=lambda row: row[0],
    ),
    ended=st.none() | st.dates(date(2019, 6, 1), date(2027, 6, 1)),
    through=st.none() | st.integers(2018, 2024),
)
def test_every_day_is_told_exactly_once(years: list[Any], ended: date | None, through: int | None) -> None:
    resident = Resident(insured_through=through, ended_on=ended, end_reason="death" if ended else "")
    period = CollectionPeriod(policy="binzhou_2021")
    rows = []
    for year, since, paid, state, transition in years:
        row = Enrollment(year=year, state=state, period=period, reasons=[{"article": "A", "message": str(year)}])
        if state == "covered":
            row.benefits_from, row.benefits_until = date(year, 1, 1) + timedelta(since), date(year, 12, 31)
            row.paid_on = date(year - 1, 6, 1) + timedelta(paid)
            row.transition_until = row.benefits_from + timedelta(90) if transition else None
        rows.append(row)
    found = timeline.stretches(resident, rows, date(2026, 6, 1))
    for before, after in pairwise(found):
        assert after.since == before.until + timedelta(1)
    if found:
        assert found[0].since <= date(min(row.year for row in rows), 1, 1)
        assert found[-1].until == date(max(2026, max(row.year for row in rows)), 12, 31)
    covered = {row.year: row for row in rows if row.benefits_from}
    for one in found:
        inside = one.since.year in covered and covered[one.since.year].benefits_from <= one.since
        assert (one.kind in (Kind.COVERED, Kind.TRANSITION)) == inside
    assert sum(float(part.percent) for part in timeline.parts(found)) == pytest.approx(100 if found else 0, abs=0.05)
