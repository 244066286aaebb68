"""The annual renewal: the dry run, the job by villages, what a killed or doubled run changes, and the three lists."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from enrollment import collection, ending, renewal
from enrollment.models import CollectionPeriod, Due, Enrollment, RenewalCount, Status
from enrollment.profiles import Held, Judge, Person
from office import jobs
from office.models import AuditEvent, Chunk, Job
from policies import shelf
from policies.rules import Notice
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
        with django_assert_max_num_queries(27):
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


def test_a_count_stands_once_and_names_somebody(year: Town) -> None:
    start(year)
    year.work()
    row = RenewalCount.objects.first()
    with pytest.raises(IntegrityError, match="a_count_names_somebody"), transaction.atomic():
        RenewalCount.objects.filter(pk=row.pk).update(people=0)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_the_page_shows_the_lists_by_area_and_reason_within_scope(year: Town) -> None:
    renewal.plan(year.period(2026), by=year.manager, on=ON, at=year.now)
    year.work()
    client = Client()
    address = reverse("enrollment:renewal", args=[year.period(2026).pk])
    client.force_login(year.manager, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(address).content.decode()
    assert year.county.name in page
    assert "首次参保：个人缴纳" in page
    assert "开始续保" in page
    told = renewal.counted(renewal.planned(year.period(2026)), year.member("manager", year.other_county))
    assert told.totals == {"renewing": 1, "new": 0, "lapsed": 0}
    assert renewal.counted(renewal.planned(year.period(2026)), year.manager).reasons["lapsed"] == [("死亡", "", 1)]


def test_whoever_ends_while_their_piece_is_decided_is_cut_and_not_left_owing(
    year: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunk = started(year).chunks.get(keys__0=year.far_village.pk)
    person, written = year.people[2], renewal._written

    def end_meanwhile(*args: object) -> None:
        type(person).objects.filter(pk=person.pk).update(ended_on=ON, end_reason="moved_out")
        written(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(renewal, "_written", end_meanwhile)
    renewal.renew(chunk.job, chunk)
    assert Enrollment.objects.get(resident=person, year=2026).state == "ended"


# --- both sides of each boundary: who pays for 2026, and why ----------------------------------------------------------
def payers(town: Town, *people: object) -> list[Any]:
    """Who pays the individual contribution of each for 2026; last, the reasons under which everybody was counted."""
    job = renewal.start(town.period(2026), by=town.manager, on=town.today, at=town.now)
    town.work()
    told = []
    for person in people:
        dues = Due.objects.filter(enrollment__resident=person, enrollment__year=2026).exclude(payer="subsidy")
        told.append("、".join(dues.values_list("payer", flat=True)))
    return [*told, sorted(RenewalCount.objects.filter(job=job).values_list("reason", "article", "people"))]


@pytest.mark.article("BZ07.3")
def test_eighty_on_the_last_day_of_the_year_is_paid_by_the_county(db: None) -> None:
    town = Town("371600", "binzhou_2021")
    town.today = date(2025, 10, 2)
    people = [town.covered(birth=birth) for birth in (date(1945, 12, 31), date(1946, 1, 1), date(1944, 6, 1))]
    *told, reasons = payers(town, *people)
    assert told == ["county_finance", "individual", "county_finance"]
    assert ("年满80周岁：由县级财政缴纳", "BZ07.3", 1) in reasons


@pytest.mark.article("XZ09.4", "XZ09.2", "XZ09.7")
def test_seventy_by_the_regulation_and_a_standing_until_its_last_day_and_a_pupil_who_left(db: None) -> None:
    town = Town("320300", "xuzhou_2023")
    town.today = date(2025, 12, 31)
    seventy = [town.covered(birth=birth) for birth in (date(1955, 12, 31), date(1956, 1, 1))]
    until = [date(2025, 12, 31), date(2025, 12, 30), date(2026, 1, 1)]
    held = [town.covered() for _ in until]
    for person, last in zip(held, until, strict=True):
        town.status(person, "medical_assistance", since=date(2025, 1, 1), until=last, on=date(2025, 1, 2))
    *told, reasons = payers(town, *seventy, *held)
    assert told == ["government", "individual", "medical_assistance", "individual", "medical_assistance"]
    assert ("年满70周岁：由政府资助缴纳", "XZ09.4", 1) in reasons


@pytest.mark.article("JZ08")
def test_a_newborn_owes_from_the_year_after_birth(town: Town) -> None:
    town.today = date(2025, 10, 2)
    child = town.newborn(date(2025, 2, 1))
    town.enrolled(child, on=date(2025, 2, 10))
    *told, reasons = payers(town, child)
    assert told == ["individual"]
    assert reasons == [("出生当年已过：个人缴纳", "JZ05", 1)]


# --- a profile is judged once, and the answer is everybody's ----------------------------------------------------------
_PLACES = st.sampled_from(["", "371602", "320302 某镇", "140702", "某地"])
_BIRTHS = st.dates(date(1930, 1, 1), date(2025, 12, 31))
_GROUPS = st.sampled_from(Status.Group.values)
_PEOPLE = st.builds(
    Person,
    pk=st.just(1),
    birth_on=_BIRTHS,
    basis=st.sampled_from(["household", "pupil", "residence_permit", "university", "other"]),
    event=st.sampled_from(["birth", "graduation", "university_entry", "release"]),
    event_on=st.none() | st.dates(date(2024, 6, 1), date(2026, 6, 1)),
    insured_through=st.none() | st.integers(2014, 2026),
    pension_elsewhere=st.booleans(),
    registry=_PLACES,
    residence=_PLACES,
    ended_on=st.none(),
    end_reason=st.just(""),
)
_HELD = st.lists(st.builds(Held, _GROUPS, st.dates(date(2024, 6, 1), date(2026, 6, 1)), st.none()), max_size=2)
_COVERS = st.lists(st.integers(2019, 2025), max_size=4, unique=True)


def as_told(rows: Sequence[tuple[Any, ...]]) -> tuple[tuple[Any, ...], ...]:
    """The rows as the database tells them: each day as its text."""
    return tuple(tuple(str(value) if isinstance(value, date) else value for value in row) for row in rows)


@given(
    policy=st.sampled_from(["xuzhou_2023", "jinzhong_2017", "binzhou_2021", "panzhihua_2023"]),
    person=_PEOPLE,
    births=st.lists(_BIRTHS, min_size=1, max_size=4),
    held=_HELD,
    years=_COVERS,
    on=st.dates(date(2025, 9, 1), date(2026, 3, 31)),
)
def test_the_answer_of_a_profile_is_the_answer_of_everybody_in_it(
    policy: str, person: Person, births: list[date], held: list[Held], years: list[int], on: date
) -> None:
    """Others of the same birth year come first, so that what is remembered is theirs."""
    regulation = shelf.regulation(policy).with_notices(
        [Notice("subsidy.share", None, "0.5", date(2017, 1, 1), "样本")] if policy == "jinzhong_2017" else []
    )
    period = CollectionPeriod(pk=1, year=2026, policy=policy, individual=Decimal(400), subsidy=Decimal(670))
    if person.event_on is None:
        person = person._replace(event="")
    covers = tuple((year, date(year, 2, 1), date(year, 12, 31)) for year in sorted(years))
    together = Judge(regulation, period, on)
    standings, cover = as_told(held), as_told(covers)
    for birth in births:
        near = birth.replace(year=person.birth_on.year, day=min(birth.day, 28))
        for one in (person._replace(birth_on=near), person._replace(birth_on=birth), person):
            (told,) = as_told([one])
            alone = Judge(regulation, period, on)._judged(told, standings, cover)
            assert together.of(told, standings, cover) == alone


def test_the_renewal_writes_what_the_counter_writes(year: Town) -> None:
    year.status(year.people[1], "minimum_living", since=date(2025, 9, 1), on=ON)
    year.sample_notice("subsidy.share", "0.5", since=date(2024, 1, 1))
    facts = ("resident", "year", "area", "state", "origin", "paid_on", "benefits_from", "transition_until",
             "inpatient_factor", "reasons", "dues__payer", "dues__amount", "dues__article")  # fmt: skip
    start(year)
    year.work()
    by_job = sorted(map(str, Enrollment.objects.filter(year=2026).values_list(*facts)))
    Due.objects.filter(enrollment__year=2026).delete()
    Enrollment.objects.filter(year=2026).delete()
    everybody = [*year.people, year.unpaid, year.newcomer]
    collection.enroll(everybody, year.period(2026), by=year.clerk, on=ON, at=year.now)
    assert sorted(map(str, Enrollment.objects.filter(year=2026).values_list(*facts))) == by_job
