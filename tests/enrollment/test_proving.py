"""The yearly identity proof: listed, entered by village, and asked before a contribution of others is confirmed."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from enrollment import collection, proof_pages, proving
from enrollment.models import Enrollment, Proof, Resident
from tests.town import Town

pytestmark = [pytest.mark.django_db, pytest.mark.article("JZ10.2")]

DAY = date(2024, 11, 5)


@pytest.fixture
def poor(town: Town) -> Resident:
    town.sample_notice("subsidy.share", "1", since=date(2024, 1, 1))
    resident = town.resident("赵特困", groups=["destitute"])
    town.enrolled(resident)
    town.enrolled(town.resident("钱自费"))
    return resident


def confirm(town: Town, on: date = DAY) -> collection.Confirmed:
    return collection.confirm_paid_by_others(town.period(), by=town.manager, on=on, at=town.moment(on))


def names(town: Town, **where: object) -> list[str]:
    return [e.resident.name for e in proving.listed(town.period(), town.clerk).filter(**where)]


def test_only_those_for_whom_others_pay_are_listed(town: Town, poor: Resident) -> None:
    assert names(town) == names(town, proved_on=None) == ["赵特困"]
    assert town.proved(poor) == 1
    assert names(town, proved_on=None) == []
    assert names(town) == ["赵特困"]


def test_nobody_is_confirmed_before_the_proof_and_everybody_after_it(town: Town, poor: Resident) -> None:
    told = confirm(town)
    assert (told.confirmed, [why for _who, why in told.left]) == (0, ["尚未完成本年度身份认证"])
    assert Enrollment.objects.get(resident=poor).state == "due"
    town.proved(poor, on=DAY)
    assert confirm(town).confirmed == 1
    assert Enrollment.objects.get(resident=poor).state == "covered"


def test_the_proof_of_one_year_is_none_for_the_next(town: Town, poor: Resident) -> None:
    town.proved(poor)
    town.enrolled(poor, 2026, on=date(2025, 9, 10))
    told = collection.confirm_paid_by_others(
        town.period(2026), by=town.manager, on=date(2025, 9, 20), at=town.moment(date(2025, 9, 20))
    )
    assert [why for _who, why in told.left] == ["尚未完成本年度身份认证"]


@pytest.mark.parametrize("day", [date(2024, 8, 31), date(2024, 12, 21)])
def test_a_day_outside_the_window_is_refused_with_the_article(town: Town, poor: Resident, day: date) -> None:
    with pytest.raises(proving.CannotProve, match="2024-09-01 至 2024-12-20") as refusal:
        town.proved(poor, on=day)
    assert refusal.value.article == "JZ10.2"
    assert not Proof.objects.exists()


def test_first_and_last_day_of_the_window_hold_and_twice_changes_nothing(town: Town, poor: Resident) -> None:
    assert town.proved(poor, on=date(2024, 9, 1)) == 1
    assert town.proved(poor, on=date(2024, 12, 20)) == 0
    assert Proof.objects.get().proved_on == date(2024, 9, 1)


def test_whoever_is_not_on_the_list_or_not_in_the_area_is_refused(town: Town, poor: Resident) -> None:
    with pytest.raises(proving.CannotProve, match="名单"):
        town.proved(Resident.objects.get(name="钱自费"))
    far = town.member("clerk", town.far_village)
    with pytest.raises(proving.CannotProve, match="名单"):
        proving.prove([poor.pk], town.period(), "现场核验", by=far, on=DAY, at=town.moment(DAY))
    with pytest.raises(proving.CannotProve, match="认证方式"):
        proving.prove([poor.pk], town.period(), " ", by=town.clerk, on=DAY, at=town.moment(DAY))


def test_a_village_is_entered_at_once_from_the_page(
    town: Town, poor: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_pages.days, "now", lambda: town.moment(DAY))
    other = town.resident("孙孤儿", groups=["minimum_living"])
    town.enrolled(other)
    client = Client()
    client.force_login(town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    period = town.period()
    listing = reverse("enrollment:proofs", args=[period.pk])
    assert "赵特困" in client.get(listing).content.decode()
    enter = f"{reverse('enrollment:prove', args=[period.pk])}?village={town.village.code}"
    page = client.get(enter).content.decode()
    assert page.count('type="checkbox"') == 2
    chosen = Enrollment.objects.get(resident=poor).pk
    late = client.post(enter, {"people": [chosen], "proved_on": "2024-12-21", "how": "人脸识别"})
    assert "缴费期" in late.content.decode()
    assert client.post(enter, {"people": [chosen], "proved_on": "2024-11-05", "how": "人脸识别"}).status_code == 302
    assert Proof.objects.get().resident == poor
    unproved = client.get(listing + "?proved=no").content.decode()
    assert "孙孤儿" in unproved
    assert "赵特困" not in unproved
