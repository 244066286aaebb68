"""The annual renewal: the dry run, the job by villages, what a killed or doubled run changes, and the three lists."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest

from enrollment import ending, renewal
from enrollment.models import Enrollment, RenewalCount
from office import jobs
from office.models import AuditEvent, Chunk, Job
from tests.town import Town

ON = date(2025, 9, 2)


@pytest.fixture
def year(town: Town) -> Town:
    """Three who are covered for 2025, one who never paid, one who died, one who came afterwards."""
    town.today = ON
    town.people = [town.covered(village=village) for village in (town.village, town.second_village, town.far_village)]
    town.unpaid = town.resident()
    town.enrolled(town.unpaid)
    town.dead = town.covered()
    ending.end([town.dead], "death", date(2025, 6, 1), by=town.clerk, at=town.now)
    town.newcomer = town.resident(on=date(2025, 8, 1))
    return town


def start(town: Town) -> Job:
    return renewal.start(town.period(2026), by=town.manager, on=ON, at=town.now)


def started(town: Town) -> Job:
    """A renewal whose villages were counted and cut into pieces, none of which is done."""
    job = start(town)
    while (chunk := jobs.take(job, town.now)) and chunk.keys[0] == "cut":
        jobs.do(job, chunk, lambda: town.now)
    if chunk:
        Chunk.objects.filter(pk=chunk.pk).update(state="waiting", attempts=0, lease_until=None)
    return Job.objects.get(pk=job.pk)


def test_the_dry_run_counts_and_writes_nothing(year: Town) -> None:
    before = Enrollment.objects.count()
    job = renewal.plan(year.period(2026), by=year.manager, on=ON, at=year.now)
    year.work()
    job.refresh_from_db()
    assert (job.state, job.done, job.percent) == ("done", 5, 100)
    assert {name: job.report[name] for name in ("renewing", "new", "lapsed")} == {"renewing": 3, "new": 2, "lapsed": 1}
    assert Enrollment.objects.count() == before
    assert renewal.plan(year.period(2026), by=year.manager, on=ON, at=year.now) == job


def test_the_three_lists_name_everybody_once(year: Town) -> None:
    period = year.period(2026)
    lists = [set(rows) for rows in (renewal.renewing(period, ON), renewal.new(period), renewal.lapsed(period, ON))]
    assert lists == [set(year.people), {year.unpaid, year.newcomer}, {year.dead}]


def test_once_the_window_is_over_who_did_not_pay_has_lapsed(year: Town) -> None:
    period = year.period(2026)
    payer, *others = year.people
    year.paid(payer, on=date(2025, 10, 1), year=2026)
    after = period.closes_on + timedelta(days=1)
    assert set(renewal.renewing(period, after)) == {payer}
    assert set(renewal.lapsed(period, after)) == {*others, year.dead}


def test_the_job_puts_every_living_resident_down_and_says_what_is_due(year: Town) -> None:
    job = start(year)
    year.work()
    job.refresh_from_db()
    assert (job.state, job.done, job.failed, job.report["enrolled"]) == ("done", 5, 0, 5)
    rows = Enrollment.objects.filter(year=2026)
    assert set(rows.filter(origin="renewed").values_list("resident", flat=True)) == {p.pk for p in year.people}
    assert set(rows.filter(origin="new").values_list("resident", flat=True)) == {year.unpaid.pk, year.newcomer.pk}
    assert {tuple(row.dues.values_list("payer", flat=True)) for row in rows} == {("individual", "subsidy")}
    assert AuditEvent.objects.filter(action__startswith="renewal.").count() == 2


def test_started_twice_it_is_the_same_job_and_changes_nothing(year: Town) -> None:
    first = start(year)
    year.work()
    assert start(year) == first
    year.work()
    assert Enrollment.objects.filter(year=2026).count() == 5
    assert AuditEvent.objects.filter(action="renewal.start").count() == 1


def test_a_run_killed_in_the_middle_goes_on_where_it_stopped(year: Town) -> None:
    job = started(year)
    chunk = jobs.take(job, year.now)
    assert chunk is not None
    jobs.do(job, chunk, lambda: year.now)
    dead = jobs.take(job, year.now)  # its worker is killed while it holds the chunk
    assert dead is not None
    assert 0 < Enrollment.objects.filter(year=2026).count() < 5
    later = year.now + jobs.LEASE + timedelta(seconds=1)
    assert jobs.sweep(later) == [job.pk]
    jobs.work(job.pk, clock=lambda: later)
    job.refresh_from_db()
    assert (job.state, job.done, job.report["enrolled"]) == ("done", 5, 5)
    assert Enrollment.objects.filter(year=2026).count() == 5


def test_a_chunk_done_twice_changes_nothing(year: Town) -> None:
    job = started(year)
    chunk = job.chunks.get(keys__0=year.village.pk)
    first = renewal.renew(job, chunk)
    RenewalCount.objects.all().delete()  # a chunk whose check mark was lost lost its counts with it
    again = renewal.renew(job, chunk)
    assert (first["enrolled"], again["enrolled"], again["known"]) == (3, 0, 3)


def test_a_chunk_takes_the_same_number_of_queries_for_three_as_for_thirty(
    year: Town, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    for _ in range(27):
        year.resident()
    job = started(year)
    small = job.chunks.get(keys__0=year.far_village.pk)
    large = job.chunks.get(keys__0=year.village.pk)
    assert (small.size, large.size) == (1, 30)
    for chunk in (small, large):
        with django_assert_max_num_queries(17):
            renewal.renew(job, chunk)


def test_large_villages_are_cut_into_pieces(year: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "CHUNK", 2)
    job = started(year)
    assert sorted(Chunk.objects.filter(size__gt=0).values_list("size", flat=True)) == [1, 1, 1, 2]
    year.work()
    job.refresh_from_db()
    assert job.report["enrolled"] == 5


@pytest.mark.article("JZ07")
def test_entitlements_are_judged_anew_for_the_new_year(year: Town) -> None:
    year.sample_notice("subsidy.share", "1", since=date(2024, 1, 1))
    year.status(year.people[0], "minimum_living", since=date(2024, 1, 1), until=date(2025, 8, 31), on=date(2025, 1, 5))
    year.status(year.people[1], "minimum_living", since=date(2025, 9, 1), on=ON)
    start(year)
    year.work()
    payers = {
        person.pk: set(Enrollment.objects.get(resident=person, year=2026).dues.values_list("payer", flat=True))
        for person in year.people[:2]
    }
    assert payers == {
        year.people[0].pk: {"individual", "subsidy"},
        year.people[1].pk: {"government", "subsidy"},
    }
