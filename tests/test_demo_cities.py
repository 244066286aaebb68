"""The demo in the other three cities, smaller: open figures are samples, and nothing is left without a rule."""

from datetime import date

import pytest

from claims.models import Claim
from demo import stories, year
from enrollment.models import Enrollment, Resident
from funds import auditing, statements
from funds.models import Entry
from office.models import Notice

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.mark.parametrize("word", ["xuzhou", "binzhou", "panzhihua"])
def test_the_year_is_lived_through_there_too(word: str) -> None:
    city = year.build(word, size=400, tell=lambda line: None)
    assert list(auditing.findings()) == []
    assert statements.trial_balance(city.area).difference == 0
    assert 380 <= Resident.objects.count() <= 430
    assert not Claim.objects.filter(state=Claim.State.PARKED).exists()
    assert not Notice.objects.exclude(is_sample=True).exists()
    assert {name for story in stories.STORIES for name in story.who} <= set(
        Resident.objects.values_list("name", flat=True)
    )
    newborn = Enrollment.objects.get(resident__name=stories.NEWBORN, year=2025)
    assert newborn.benefits_from == stories.BORN
    late = Enrollment.objects.get(resident__name="陈迟春", year=2025)
    assert late.benefits_from > date(2025, 1, 1)
    assert Claim.objects.filter(resident__name="刘久安", critical_illness__gt=0).exists()
    assert Entry.objects.filter(source__startswith="reserve:").exists() == (word == "binzhou")
