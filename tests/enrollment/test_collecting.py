"""A year's collection: notices, phases, days of counties, sponsors, and what is due staying what it was."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from enrollment import confirming, correcting, cover, mending, opening, sponsoring, statuses
from enrollment.models import CollectionPeriod, CountyWindow, Due, DueCorrection, Enrollment, Resident, Sponsorship
from office import days
from office.models import Job
from office.refusal import Refusal
from policies import collecting
from tests.town import Town

WINDOW = date(2024, 10, 10)


@pytest.fixture
def xuzhou(db: None) -> Town:
    return Town("320300", "xuzhou_2023")


@pytest.fixture
def binzhou(db: None) -> Town:
    return Town("371600", "binzhou_2021")


@pytest.fixture
def panzhihua(db: None) -> Town:
    town = Town("510400", "panzhihua_2023")
    town.sample_notice("contribution.window.opens", "09-01", since=date(2024, 1, 1))
    town.sample_notice("contribution.window.closes", "12-31", since=date(2024, 1, 1))
    return town


def owes(enrollment: Enrollment) -> dict[str, Decimal]:
    return dict(Due.objects.filter(enrollment=enrollment).values_list("payer", "amount"))


def signed_in(staff: object) -> Client:
    client = Client()
    client.force_login(staff)
    return client


# --- standards --------------------------------------------------------------------------------------------------------
@pytest.mark.article("XZ09.1", "JZ05")
def test_a_year_without_its_own_notices_is_not_opened_and_the_setter_is_named(town: Town) -> None:
    town.standards(2025)
    with pytest.raises(opening.CannotOpen, match="财政部门") as refused:
        opening.open_period(town.city, town.policy, 2026, by=town.manager, at=town.moment(date(2025, 9, 1)))
    assert refused.value.article == "JZ05"


@pytest.mark.article("XZ09.1")
def test_a_later_notice_of_the_same_year_changes_nothing_that_is_fixed(town: Town) -> None:
    enrollment = town.enrolled(town.resident(), 2025)
    assert enrollment.period.individual_notice.value == "400.00"
    town.sample_notice(opening.INDIVIDUAL, "450", since=date(2024, 9, 15), tier="2025")
    cover.derive([enrollment], date(2024, 10, 1))
    newcomer = town.enrolled(town.resident("后来的"), 2025, on=date(2024, 10, 2))
    assert owes(enrollment)["individual"] == owes(newcomer)["individual"] == 400
    assert not DueCorrection.objects.exists()
    assert [notice.value for notice in opening.later_notices(enrollment.period)] == ["450"]


@pytest.mark.article("PZ08")
@pytest.mark.parametrize(("standard", "opens"), [("379.99", False), ("380", True), ("380.01", True)])
def test_the_standard_is_never_below_the_national_minimum(panzhihua: Town, standard: str, opens: bool) -> None:
    panzhihua.standards(2025, standard)
    at = panzhihua.moment(date(2024, 9, 1))
    if opens:
        period = opening.open_period(panzhihua.city, panzhihua.policy, 2025, by=panzhihua.manager, at=at)
        assert period.individual == Decimal(standard)
    else:
        with pytest.raises(opening.CannotOpen, match="最低标准") as refused:
            opening.open_period(panzhihua.city, panzhihua.policy, 2025, by=panzhihua.manager, at=at)
        assert refused.value.article == "PZ08"


@pytest.mark.article("PZ08")
def test_without_the_national_minimum_nothing_is_held_against_it(panzhihua: Town) -> None:
    for key in (opening.INDIVIDUAL, opening.SUBSIDY):
        panzhihua.sample_notice(key, "400", date(2024, 8, 1), "2025")
    with pytest.raises(opening.CannotOpen, match="国家医疗保障局"):
        at = panzhihua.moment(date(2024, 9, 1))
        opening.open_period(panzhihua.city, panzhihua.policy, 2025, by=panzhihua.manager, at=at)


# --- phases -----------------------------------------------------------------------------------------------------------
@pytest.mark.article("XZ08.4a", "XZ08.4b", "XZ10.2a", "JZ06.1", "JZ09", "BZ11.1", "BZ11.2")
@pytest.mark.parametrize(
    ("city", "policy", "told"),
    [
        ("320300", "xuzhou_2023", {
            (2024, 9, 30): None, (2024, 10, 1): "main", (2024, 12, 31): "main", (2025, 1, 1): "late",
            (2025, 3, 31): "late", (2025, 4, 1): "wait", (2025, 12, 31): "wait", (2026, 1, 1): None,
        }),
        ("140700", "jinzhong_2017", {
            (2024, 8, 31): None, (2024, 9, 1): "main", (2024, 12, 20): "main", (2024, 12, 21): "late",
            (2025, 8, 31): "late", (2025, 9, 1): "closed", (2025, 12, 31): "closed",
        }),
        ("371600", "binzhou_2021", {
            (2024, 9, 30): None, (2024, 10, 1): "main", (2024, 12, 31): "main", (2025, 1, 1): "late",
            (2025, 12, 31): "late",
        }),
    ],
)  # fmt: skip
def test_every_day_of_the_year_has_the_phase_of_the_text(
    db: None, city: str, policy: str, told: dict[tuple[int, int, int], str | None]
) -> None:
    phases = opening.phases(Town(city, policy).period(2025))
    found = {day: collecting.at(phases, date(*day)) for day in told}
    assert {day: phase and phase.kind for day, phase in found.items()} == told


def test_what_a_payment_means_is_asked_of_the_regulation(town: Town) -> None:
    told = opening.meanings(town.period(2025))
    late = next(one for one in told if one.phase.kind == "late" and one.person == "续保")
    assert [(due.payer, due.amount) for due in late.answer.due] == [("individual", Decimal("1070.00"))]
    assert late.answer.reasons[0].article == "JZ09"
    first = next(one for one in told if one.phase.kind == "late" and one.person == "首次参保")
    assert first.answer.eligible is False


# --- days of a county -------------------------------------------------------------------------------------------------
@pytest.mark.article("BZ11.1")
def test_a_county_takes_days_of_its_own_inside_the_citys_and_loses_nothing_by_it(binzhou: Town) -> None:
    period = binzhou.period(2025)
    by, at = binzhou.member("manager", binzhou.county), binzhou.moment(date(2024, 9, 20))
    for since, until in ((date(2024, 9, 30), date(2024, 11, 30)), (date(2024, 10, 1), date(2025, 1, 1)),
                         (date(2024, 12, 1), date(2024, 11, 1))):  # fmt: skip
        with pytest.raises(opening.CannotOpen, match="之内") as refused:
            opening.set_county_window(period, binzhou.county, since, until, "县发1号", by=by, at=at)
        assert refused.value.article == "BZ11.1"
    opening.set_county_window(period, binzhou.county, date(2024, 10, 1), date(2024, 12, 31), "县发1号", by=by, at=at)
    kept = opening.set_county_window(
        period, binzhou.county, date(2024, 10, 15), date(2024, 11, 30), "县发2号", by=by, at=at
    )
    assert CountyWindow.objects.get(replaced_at=None) == kept
    told = [(phase.kind, phase.since, phase.until) for phase in opening.phases(period, kept)]
    assert told == [
        ("before", date(2024, 10, 1), date(2024, 10, 14)),
        ("main", date(2024, 10, 15), date(2024, 11, 30)),
        ("main", date(2024, 12, 1), date(2024, 12, 31)),
        ("late", date(2025, 1, 1), date(2025, 12, 31)),
    ]
    # After the county's days and within those of the text: benefits from the new year, nothing carried (BZ11.1).
    enrollment = binzhou.paid(binzhou.resident(), on=date(2024, 12, 31))
    assert (enrollment.state, enrollment.benefits_from) == ("covered", date(2025, 1, 1))
    with pytest.raises(opening.NotInScope):
        opening.set_county_window(
            period, binzhou.counties[1], date(2024, 10, 15), date(2024, 11, 30), "县发3号", by=by, at=at
        )


@pytest.mark.article("XZ08.4a", "JZ06.1", "BZ11.1")
def test_where_the_text_knows_one_window_a_county_has_none(xuzhou: Town) -> None:
    with pytest.raises(opening.CannotOpen) as refused:
        opening.set_county_window(
            xuzhou.period(2025), xuzhou.county, date(2024, 10, 15), date(2024, 11, 30), "县发1号",
            by=xuzhou.manager, at=xuzhou.moment(date(2024, 9, 20)),
        )  # fmt: skip
    assert refused.value.article == "XZ08.4a"


# --- sponsors ---------------------------------------------------------------------------------------------------------
def sponsor(
    town: Town, per_head: str = "100", people: list[Resident] | None = None, kind: str = "village", work: bool = True
) -> Sponsorship:
    """A sponsor entered by the manager and confirmed by the accountant, its dues split."""
    kept = sponsoring.enter(
        town.period(2025), town.village, kind, "前营村村委会", "村民会议决议1号", Decimal(per_head), date(2024, 10, 1),
        date(2024, 12, 31), people, by=town.manager, at=town.moment(date(2024, 10, 1)),
    )  # fmt: skip
    sponsoring.confirm(kept, by=town.accountant, at=town.moment(date(2024, 10, 2)))
    if work:
        town.work()
    kept.refresh_from_db()
    return kept


@pytest.mark.article("BZ08")
def test_a_village_pays_part_and_the_person_the_rest(binzhou: Town) -> None:
    person, other = binzhou.resident("王志强"), binzhou.resident("远处的人", village=binzhou.far_village)
    here, far = binzhou.enrolled(person), binzhou.enrolled(other)
    village = sponsor(binzhou)
    assert owes(here) == {"village": 100, "individual": 300, "subsidy": 670}
    assert owes(far) == {"individual": 400, "subsidy": 670}
    correction = DueCorrection.objects.get()
    assert (correction.reason, correction.by, correction.document) == ("sponsor", binzhou.accountant, "村民会议决议1号")
    assert (correction.before, correction.after, correction.difference) == (400, 300, 0)
    assert {due.payer for due in correction.superseded.all()} == set()  # the default manager hides them
    assert {due.payer for due in Due.kept.filter(superseded_by=correction)} == {"individual"}
    binzhou.tax_file(binzhou.tax_line(person, WINDOW, "300.00"))
    here.refresh_from_db()
    assert here.state == "covered"
    assert sponsoring.account(village).open == 100
    # Who comes later to the village is split at once.
    late = binzhou.enrolled(binzhou.resident("新来的"), on=date(2024, 11, 1))
    assert owes(late)["village"] == 100


@pytest.mark.article("BZ08", "BZ07.3")
def test_of_the_county_and_a_sponsor_the_highest_applies_never_two(binzhou: Town) -> None:
    poor = binzhou.enrolled(binzhou.resident(groups=["minimum_living"]))
    plain = binzhou.resident("王志强")
    enrolled = binzhou.enrolled(plain)
    sponsor(binzhou, "400")
    employer = sponsoring.enter(
        binzhou.period(2025), binzhou.village, "employer", "惠民纺织厂", "厂发1号", Decimal("250"), date(2024, 10, 1),
        date(2024, 12, 31), [plain], by=binzhou.manager, at=binzhou.moment(date(2024, 10, 1)),
    )  # fmt: skip
    sponsoring.confirm(employer, by=binzhou.accountant, at=binzhou.moment(date(2024, 10, 3)))
    binzhou.work()
    assert owes(poor) == {"county_finance": 400, "subsidy": 670}
    assert owes(enrolled) == {"village": 400, "subsidy": 670}


@pytest.mark.article("BZ08")
def test_one_payment_settles_every_share_and_covers_whoever_owes_nothing_else(binzhou: Town) -> None:
    people = [binzhou.resident() for _ in range(3)]
    enrollments = [binzhou.enrolled(person) for person in people]
    village = sponsor(binzhou, "400", people)
    assert not confirming.collection.paid_by_others(binzhou.period(2025), binzhou.manager).exists()
    at = binzhou.moment(date(2024, 12, 31))
    for wrong in ("1199.99", "1200.01", "400"):
        with pytest.raises(sponsoring.CannotReceive, match="1200"):
            sponsoring.receive(village, Decimal(wrong), date(2024, 12, 31), "P1", by=binzhou.accountant, at=at)
    sponsoring.receive(village, Decimal("1200"), date(2024, 12, 31), "P1", by=binzhou.accountant, at=at)
    binzhou.work()
    for enrollment in enrollments:
        enrollment.refresh_from_db()
        assert (enrollment.state, enrollment.paid_on) == ("covered", date(2024, 12, 31))
    account = sponsoring.account(village)
    assert (account.total, account.paid, account.open, account.paid_heads) == (1200, 1200, 0, 3)
    with pytest.raises(sponsoring.CannotReceive):
        sponsoring.receive(village, Decimal("1200"), date(2024, 12, 31), "P2", by=binzhou.accountant, at=at)


@pytest.mark.article("BZ08")
def test_an_ended_sponsor_leaves_what_it_paid_and_gives_back_what_it_did_not(binzhou: Town) -> None:
    paid, unpaid = binzhou.resident("已缴的"), binzhou.resident("未缴的")
    first, second = binzhou.enrolled(paid), binzhou.enrolled(unpaid)
    village = sponsor(binzhou, "100", [paid, unpaid])
    binzhou.tax_file(binzhou.tax_line(paid, WINDOW, "300.00"))
    sponsoring.end(village, "资金未到位", by=binzhou.manager, at=binzhou.moment(date(2024, 12, 1)))
    binzhou.work()
    assert owes(first) == owes(second) == {"individual": 400, "subsidy": 670}
    (open_one,) = correcting.differences()
    assert (open_one.enrollment, open_one.difference) == (first, Decimal("100.00"))
    correcting.even(open_one, "收据7号", by=binzhou.accountant, on=date(2024, 12, 5), at=binzhou.now)
    with pytest.raises(correcting.CannotEven):
        correcting.even(open_one, "收据8号", by=binzhou.accountant, on=date(2024, 12, 5), at=binzhou.now)


@pytest.mark.article("BZ08", "XZ09.8")
def test_where_the_text_knows_no_sponsor_there_is_none(xuzhou: Town) -> None:
    person = xuzhou.resident()
    with pytest.raises(sponsoring.CannotSponsor) as refused:
        sponsoring.enter(
            xuzhou.period(2025), xuzhou.village, "village", "某村", "1号", Decimal(100), date(2024, 10, 1),
            date(2024, 12, 31), [person], by=xuzhou.manager, at=xuzhou.now,
        )  # fmt: skip
    assert refused.value.article == "XZ09.8"


@pytest.mark.article("BZ08")
def test_a_sponsor_that_does_not_fit_is_refused_and_its_maker_does_not_confirm_it(binzhou: Town) -> None:
    far = binzhou.resident(village=binzhou.far_village)
    for change in (
        {"per_head": Decimal("400.01")}, {"area": binzhou.towns[0]}, {"until": date(2024, 9, 30)}, {"people": []},
        {"people": [far]}, {"kind": "employer", "people": None}, {"document": " "},
    ):  # fmt: skip
        told = {"area": binzhou.village, "kind": "village", "name": "某村", "document": "1号", "people": None,
                "per_head": Decimal(400), "since": date(2024, 10, 1), "until": date(2024, 12, 31)} | change  # fmt: skip
        with pytest.raises(sponsoring.CannotSponsor):
            sponsoring.enter(binzhou.period(2025), **told, by=binzhou.manager, at=binzhou.now)
    kept = sponsoring.enter(
        binzhou.period(2025), binzhou.village, "village", "某村", "1号", Decimal(400), date(2024, 10, 1),
        date(2024, 12, 31), None, by=binzhou.manager, at=binzhou.now,
    )  # fmt: skip
    with pytest.raises(sponsoring.CannotConfirm, match="另一人"):
        sponsoring.confirm(kept, by=binzhou.manager, at=binzhou.now)


def test_a_pasted_list_names_each_bad_line(binzhou: Town) -> None:
    one, two = binzhou.resident("王志强"), binzhou.resident("李秀英")
    text = f"{one.id_number} 王志强\n12345\n{two.id_number} 李秀\n{one.id_number}\n{binzhou.number()}"
    with pytest.raises(sponsoring.CannotSponsor) as refused:
        sponsoring.read(text, binzhou.manager)
    for line in ("第 2 行", "第 3 行", "第 4 行", "第 5 行"):
        assert line in refused.value.message
    assert sponsoring.read(f"{two.id_number}\n\n{one.id_number} 王志强", binzhou.manager) == [two, one]


# --- corrections ------------------------------------------------------------------------------------------------------
@pytest.mark.article("XZ09.2")
def test_a_status_certified_later_is_a_dated_correction_with_its_reason(xuzhou: Town) -> None:
    person = xuzhou.resident()
    enrollment = xuzhou.enrolled(person)
    xuzhou.status(person, "medical_assistance", since=date(2024, 9, 20), on=date(2024, 10, 8))
    assert owes(enrollment) == {"medical_assistance": 400, "subsidy": 670}
    correction = DueCorrection.objects.get()
    assert (correction.corrected_on, correction.reason) == (date(2024, 10, 8), "status")
    assert (correction.by, correction.document) == (xuzhou.clerk, "县民政局")
    statuses.reassess([person.pk], date(2024, 10, 9))
    assert DueCorrection.objects.count() == 1


@pytest.mark.article("JZ09")
def test_a_late_payment_corrects_the_due_to_the_day_of_the_payment(town: Town) -> None:
    person = town.resident(insured_through=2024)
    enrollment = town.paid(person, on=date(2025, 1, 15), amount="1070.00")
    assert owes(enrollment) == {"individual": 1070}
    correction = DueCorrection.objects.get()
    assert (correction.reason, correction.corrected_on, correction.difference) == ("payment", date(2025, 1, 15), 0)
    assert Due.kept.filter(superseded_by=correction).count() == 2


def test_dues_put_right_after_the_payment_leave_a_difference_to_give_back(xuzhou: Town) -> None:
    person = xuzhou.resident()
    enrollment = xuzhou.paid(person, on=WINDOW)
    with pytest.raises(mending.CannotMend, match="没有变化"):
        mending.mend(enrollment, "核查", "1号", by=xuzhou.manager, on=date(2024, 11, 1), at=xuzhou.now)
    assert not DueCorrection.objects.exists()
    xuzhou.status(person, "severely_disabled", since=date(2024, 9, 1), on=date(2024, 11, 1))
    assert owes(enrollment)["individual"] == 400  # paid: nothing moves by itself
    made = mending.mend(
        enrollment, "残疾证补录", "残联〔2024〕3号", by=xuzhou.manager, on=date(2024, 11, 2), at=xuzhou.now
    )
    assert (made.reason, made.difference) == ("error", Decimal("-400.00"))
    assert owes(enrollment) == {"government": 400, "subsidy": 670}
    with pytest.raises(mending.CannotMend):
        mending.mend(enrollment, "无文件", " ", by=xuzhou.manager, on=date(2024, 11, 2), at=xuzhou.now)


def test_what_is_fixed_is_not_rewritten_whatever_asks(binzhou: Town) -> None:
    person = binzhou.resident()
    enrollment = binzhou.enrolled(person)
    village = sponsor(binzhou, "100", [person])
    binzhou.tax_file(binzhou.tax_line(person, WINDOW, "300.00"))
    at = binzhou.moment(date(2024, 12, 1))
    window = opening.set_county_window(
        enrollment.period, binzhou.county, date(2024, 10, 1), date(2024, 12, 31), "县发1号", by=binzhou.manager, at=at
    )
    payment, _job = sponsoring.receive(village, Decimal(100), date(2024, 12, 1), "P1", by=binzhou.accountant, at=at)
    correction = DueCorrection.objects.get()
    due = Due.objects.filter(enrollment=enrollment)
    for refused in (
        lambda: due.update(amount=Decimal("1")),
        lambda: due.update(article="XX"),
        lambda: due.filter(payer="village").update(settled_by=None),
        lambda: Due.kept.filter(superseded_by=correction).update(superseded_by=None),
        lambda: due.filter(payer="subsidy").delete(),  # paid
        lambda: Due.kept.filter(superseded_by=correction)._raw_delete("default"),
        lambda: DueCorrection.objects.update(after=Decimal(0)),
        lambda: DueCorrection.objects.filter(pk=correction.pk)._raw_delete("default"),
        lambda: Sponsorship.objects.update(per_head=Decimal("1")),
        lambda: Sponsorship.objects.filter(pk=village.pk)._raw_delete("default"),
        lambda: village.payments.update(amount=Decimal("1")),
        lambda: village.payments.all()._raw_delete("default"),
        lambda: CollectionPeriod.objects.update(individual=Decimal("1")),
        lambda: CountyWindow.objects.update(closes_on=date(2024, 12, 30)),
        lambda: CountyWindow.objects.create(
            period=enrollment.period, area=binzhou.counties[1], opens_on=date(2024, 9, 30),
            closes_on=date(2024, 12, 31), document="1", set_by=binzhou.manager, set_at=at,
        ),
        lambda: CountyWindow.objects.create(
            period=enrollment.period, area=binzhou.county, opens_on=window.opens_on, closes_on=window.closes_on,
            document="1", set_by=binzhou.manager, set_at=at,
        ),
        lambda: Due.objects.create(enrollment=enrollment, payer="individual", amount=1, article="x"),
        lambda: Due.objects.create(enrollment=enrollment, payer="town", amount=1, article="x"),
        lambda: DueCorrection.objects.create(
            enrollment=enrollment, corrected_on=at.date(), reason="error", before=0, after=0
        ),
        lambda: DueCorrection.objects.filter(pk=correction.pk).update(evened_on=at.date()),
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            refused()
    for change in ({"per_head": 0}, {"confirmed_by": binzhou.manager, "confirmed_at": at}, {"document": ""},
                   {"until": date(2024, 9, 1)}, {"confirmed_by": binzhou.accountant},
                   {"ended_on": at.date()}):  # fmt: skip
        told = {"period": enrollment.period, "area": binzhou.village, "kind": "village", "name": "村", "document": "1",
                "per_head": 1, "since": date(2024, 10, 1), "until": date(2024, 12, 31), "entered_by": binzhou.manager,
                "entered_at": at} | change  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Sponsorship.objects.create(**told)
    assert payment.dues.count() == 1


# --- confirmation as a job --------------------------------------------------------------------------------------------
@pytest.mark.article("XZ09.2")
def test_those_paid_by_others_are_confirmed_by_villages_and_twice_changes_nothing(xuzhou: Town) -> None:
    near = [xuzhou.enrolled(xuzhou.resident(groups=["medical_assistance"])) for _ in range(3)]
    far = xuzhou.enrolled(xuzhou.resident(groups=["medical_assistance"], village=xuzhou.far_village))
    period, at = xuzhou.period(2025), xuzhou.moment(WINDOW)
    county = xuzhou.member("manager", xuzhou.county)
    job = confirming.start(period, by=county, on=WINDOW, at=at)
    assert confirming.start(period, by=county, on=WINDOW, at=at) == job
    xuzhou.work()
    for enrollment in [*near, far]:
        enrollment.refresh_from_db()
    assert {(one.state, one.paid_on) for one in near} == {("covered", WINDOW)}
    assert far.state == "due"  # of another county
    job.refresh_from_db()
    assert (job.state, job.report) == (Job.State.DONE, {"已确认": 3, "未确认": 0})
    chunk = job.chunks.get()
    assert confirming.confirm(job, chunk) == {"已确认": 0, "未确认": 0}
    city = confirming.start(period, by=xuzhou.manager, on=WINDOW, at=at)
    xuzhou.work()
    city.refresh_from_db()
    assert city.report == {"已确认": 1, "未确认": 0}


@pytest.mark.parametrize("size", [1, 12])
def test_a_correction_of_many_asks_as_often_as_one_of_one(binzhou: Town, size: int) -> None:
    enrollments = [binzhou.enrolled(binzhou.resident()) for _ in range(size)]
    kept = sponsor(binzhou, work=False)
    rows = list(Enrollment.objects.filter(pk__in=[e.pk for e in enrollments]).select_related("resident", "period"))
    with connection.execute_wrapper(counted := _Counter()):
        cover.derive(rows, date(2024, 10, 3), correcting.Cause("sponsor", date(2024, 10, 3), binzhou.manager))
    assert counted.n <= 20
    assert Due.objects.filter(sponsorship=kept).count() == size


class _Counter:
    def __init__(self) -> None:
        self.n = 0

    def __call__(self, execute: object, sql: str, params: object, many: bool, context: object) -> object:
        self.n += 1
        return execute(sql, params, many, context)


# --- pages ------------------------------------------------------------------------------------------------------------
def test_the_pages_of_a_sponsor_keep_to_the_county_and_refuse_beside_the_field(
    binzhou: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "today", lambda: WINDOW)
    monkeypatch.setattr(days, "now", lambda: binzhou.moment(WINDOW))
    person = binzhou.resident("王志强")
    binzhou.enrolled(person)
    period = binzhou.period(2025)
    manager, county = signed_in(binzhou.manager), signed_in(binzhou.member("manager", binzhou.counties[1]))
    told = {"kind": "village", "area": binzhou.village.code, "name": "前营村", "document": "决议1号", "per_head": "401",
            "since": "2024-10-01", "until": "2025-12-31", "numbers": f"{person.id_number} 王志强"}  # fmt: skip
    address = reverse("enrollment:enter-sponsor", args=[period.pk])
    assert "不超过个人缴费标准" in manager.post(address, told).content.decode()
    manager.post(address, told | {"per_head": "100"})
    kept = Sponsorship.objects.get()
    with pytest.raises(Refusal):
        sponsoring.confirm(kept, by=binzhou.manager, at=binzhou.now)
    signed_in(binzhou.accountant).post(reverse("enrollment:confirm-sponsor", args=[kept.pk]))
    binzhou.work()
    assert "100.00" in manager.get(reverse("enrollment:sponsor", args=[kept.pk])).content.decode()
    assert county.get(reverse("enrollment:sponsor", args=[kept.pk])).status_code == 404
    assert "前营村" not in county.get(reverse("enrollment:sponsors")).content.decode()
    enrollment = Enrollment.objects.get()
    html = manager.get(reverse("enrollment:dues", args=[enrollment.pk])).content.decode()
    assert "已被更正" in html and "村（居）委会资助" in html
    assert county.get(reverse("enrollment:dues", args=[enrollment.pk])).status_code == 404
    period_html = manager.get(reverse("enrollment:period", args=[period.pk])).content.decode()
    for word in ("全年时间线", "逾期缴费（过渡期）", "村（居）委会资助", "BZ11.2", "样本〔2024〕1号"):
        assert word in period_html
