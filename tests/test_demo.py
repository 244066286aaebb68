"""The demo city of Jinzhong, built once: the books hold, the stories can be found, and the desk is left in mid-work."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.urls import reverse

from claims.models import Claim, Institution
from demo import stories, year
from demo.city import PASSWORD, City
from demo.people import Drawer
from enrollment.models import CollectionPeriod, Enrollment, Payment, Resident
from funds import auditing, booking, statements
from funds.models import Month, Posting, Settlement
from office.models import Area, Batch, Job, Notice, Staff

pytestmark = pytest.mark.slow

Check = Callable[[City], None]
_checks: list[Check] = []


def checked(check: Check) -> Check:
    """A sentence about the city that stands; all are asked of one building, for it takes half a minute."""
    _checks.append(check)
    return check


@pytest.mark.django_db
def test_the_city_of_jinzhong_lives_through_its_year(subtests: pytest.Subtests) -> None:
    city = year.build("jinzhong", tell=lambda line: None)
    for check in _checks:
        with subtests.test(check.__name__):
            check(city)


def _claims(name: str) -> list[Claim]:
    return list(Claim.objects.filter(resident__name=name).order_by("discharged"))


def _enrollment(name: str, of: int = 2025) -> Enrollment:
    return Enrollment.objects.get(resident__name=name, year=of)


@checked
def the_auditor_finds_nothing_and_the_books_balance(city: City) -> None:
    assert list(auditing.findings()) == []
    balance = statements.trial_balance(city.area)
    assert balance.difference == 0
    assert balance.debit > 1_000_000


@checked
def no_account_of_a_county_is_ever_left_below_zero(city: City) -> None:
    postings = Posting.objects.filter(entry__month__area=city.area)
    for account in (booking.SPECIAL, booking.EXPENDITURE):
        held: dict[int, Decimal] = {}
        for (_sub_fund, county, _payer), credit in booking.balances(postings, account).items():
            held[county] = held.get(county, Decimal(0)) - credit
        if account == booking.EXPENDITURE:
            assert all(amount >= 0 for amount in held.values())
        assert sum(held.values()) > 0


@checked
def it_is_as_large_as_it_says(city: City) -> None:
    assert 1150 <= Resident.objects.count() <= 1250
    assert Area.objects.filter(level=Area.Level.VILLAGE).count() == 12
    assert Resident.objects.filter(area__level=Area.Level.VILLAGE).values("area").distinct().count() == 12
    assert Institution.objects.count() == 8  # one of them newly admitted, one suspended
    assert Claim.objects.count() > 800


@checked
def ten_months_are_closed_and_the_rest_waits(city: City) -> None:
    open_months = Month.objects.filter(state=Month.State.OPEN).values_list("first_day", flat=True)
    assert sorted(open_months) == [date(2025, 11, 1), date(2025, 12, 1)]
    states = dict(Settlement.objects.values_list("first_day", "state").distinct())
    assert states.pop(date(2025, 11, 1)) == Settlement.State.APPROVED
    assert set(states.values()) == {Settlement.State.PAID}
    waiting = Claim.objects.filter(state=Claim.State.ADJUDICATED)
    assert waiting.exists()
    assert not waiting.filter(discharged__lt=date(2025, 12, 1)).exists()
    assert not Claim.objects.filter(state=Claim.State.PARKED).exists()
    assert not Job.objects.exclude(state=Job.State.DONE).exists()
    assert Batch.objects.filter(state=Batch.State.PREVIEWED).count() == 2
    assert Settlement.objects.filter(held__gt=0).exists(), "a budget is felt"


@checked
def files_came_in_every_shape_and_bad_rows_went_back(city: City) -> None:
    rosters = Batch.objects.filter(kind=Batch.Kind.ROSTER, state=Batch.State.TAKEN)
    assert rosters.filter(file_name__endswith=".xlsx").exists()
    assert rosters.filter(refused__gt=0, problems__message__contains="校验位").exists()
    results = set(Payment.objects.values_list("state", flat=True))
    assert {"matched", "unknown_person", "paid_twice", "not_eligible", "debit_failed", "refund"} <= results


@checked
def the_next_year_is_half_paid_for(city: City) -> None:
    period = CollectionPeriod.objects.get(year=2026)
    states = set(period.enrollments.values_list("state", flat=True))
    assert {Enrollment.State.COVERED, Enrollment.State.DUE} <= states
    assert period.enrollments.filter(origin=Enrollment.Origin.RENEWED).count() > 1000


@checked
def every_story_is_found_by_name(city: City) -> None:
    for story in stories.STORIES:
        assert reverse(story.page)
        for name in story.who:
            assert Resident.objects.filter(name=name).count() == 1, name


@checked
def the_newborn_is_covered_from_birth_and_has_an_identity_card_now(city: City) -> None:
    child = Resident.objects.get(name=stories.NEWBORN)
    assert child.id_type == Resident.IdType.ID_CARD
    assert _enrollment(stories.NEWBORN).benefits_from == child.birth_on
    assert [claim.state for claim in _claims(stories.NEWBORN)] == [Claim.State.SETTLED]


@checked
def the_late_payer_pays_both_shares_and_waits_thirty_days(city: City) -> None:
    late = _enrollment("陈迟春")
    assert late.benefits_from == date(2025, 3, 13)
    assert Payment.objects.get(enrollment=late).amount == Decimal("1070.00")
    assert [claim.state for claim in _claims("陈迟春")] == [Claim.State.REFUSED, Claim.State.SETTLED]


@checked
def a_childs_second_stay_costs_a_quarter_of_the_deductible(city: City) -> None:
    assert [claim.deductible for claim in _claims("李小桐")] == [Decimal("200.00"), Decimal("100.00")]


@checked
def a_stay_elsewhere_without_filing_pays_ten_points_less(city: City) -> None:
    [unfiled], [referred] = _claims("张远行"), _claims("吕归家")
    assert referred.ratio - unfiled.ratio == Decimal("0.10")


@checked
def the_ceiling_is_reached_and_critical_illness_goes_on(city: City) -> None:
    stays = _claims("刘久安")
    assert sum(stay.basic for stay in stays) == 70_000
    assert stays[-1].basic == 0
    assert stays[-1].critical_illness > 0


@checked
def eighty_is_paid_for_by_government_and_seventy_is_not_here(city: City) -> None:
    assert _enrollment("赵福来", 2026).dues.filter(payer="government", amount=400).exists()
    assert _enrollment("乔古稀", 2026).dues.filter(payer="individual", amount=400).exists()


@checked
def benefits_end_with_a_death(city: City) -> None:
    assert _enrollment("孙德归").benefits_until == date(2025, 9, 10)
    assert [claim.state for claim in _claims("孙德归")] == [Claim.State.SETTLED, Claim.State.REFUSED]
    assert not Enrollment.objects.filter(resident__name="孙德归", year=2026, state="covered").exists()


@checked
def reviewers_decided_in_four_ways(city: City) -> None:
    states = {name: _claims(name)[0].state for name in ("马挂床", "高退单", "何摔跤", "罗碰车")}
    assert states == {"马挂床": "refused", "高退单": "returned", "何摔跤": "settled", "罗碰车": "refused"}


@checked
def the_university_sent_one_roster(city: City) -> None:
    student = Resident.objects.select_related("school").get(name=stories.STUDENT)
    assert student.basis == Resident.Basis.UNIVERSITY
    assert student.school is not None
    assert student.school.students.count() >= 40


@checked
def what_was_paid_in_2025_is_what_its_claims_were_worth(city: City) -> None:
    paid = Settlement.objects.filter(state="paid", method="fee_for_service")
    worth = Claim.objects.filter(settlement_items__settlement__in=paid).aggregate(sum=Sum("basic"))["sum"]
    parts = paid.aggregate(Sum("payable"), Sum("deposit"), Sum("held"))
    assert sum(parts.values()) == worth


@checked
def samples_are_called_samples_and_two_people_stand_behind_them(city: City) -> None:
    assert Notice.objects.exists()
    for notice in Notice.objects.all():
        assert notice.is_sample
        assert notice.document.startswith("样本")
        assert notice.approved_by_id not in (None, notice.entered_by_id)


@checked
def one_login_per_role_and_the_password_would_be_taken(city: City) -> None:
    out = StringIO()
    call_command("demo", "--logins", stdout=out)
    for role in Staff.Role.values:
        person = Staff.objects.get(username=role)
        assert person.role == role
        assert person.is_demo
        assert person.check_password(PASSWORD)
        validate_password(PASSWORD, person)
        assert f"{role} " in out.getvalue()
    assert PASSWORD in out.getvalue()


@checked
def a_second_city_is_refused_where_people_live(city: City) -> None:
    with pytest.raises(CommandError, match="库中已有居民"):
        call_command("demo")


def test_an_unknown_city_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_CITY", "atlantis")
    with pytest.raises(CommandError, match="atlantis"):
        call_command("demo")


def test_a_production_machine_gets_no_accounts_that_everybody_knows(settings: Any) -> None:
    settings.LOCAL = False
    with pytest.raises(CommandError, match="试用机"):
        call_command("demo")


def test_the_same_lots_draw_the_same_people() -> None:
    first, second = (list(Drawer(Random("one"), stories.NAMES).village("140702", 60)) for _time in range(2))
    assert first == second
