"""Every month of 2017 to 2030, every kind of person and institution: exactly one rule, or one gap with a name."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from policies import coverage, shelf
from policies.rules import Notice

FIRST, LAST = date(2017, 1, 1), date(2030, 12, 31)
CITIES = [code for code in shelf.codes() if code != "national_2024"]


@pytest.mark.parametrize("code", CITIES)
def test_each_month_has_one_rule_or_one_named_gap(code: str) -> None:
    city = shelf.regulation(code)
    standings = list(coverage.walk(city, FIRST, LAST))
    cases = 14 * 12 * len(coverage.PEOPLE) * len(coverage.INSTITUTIONS) * len(coverage.BENEFITS)
    assert len({standing[:4] for standing in standings}) == len(standings) == cases
    articles = {entry["id"] for entry in city.articles()}
    for standing in standings:
        assert bool(standing.article) != bool(standing.gap), standing
        assert not standing.article or standing.article in articles, standing
        assert bool(standing.gap) == (standing.status == "no_rule"), standing


@pytest.mark.parametrize("code", CITIES)
def test_each_unanswered_month_is_on_the_list_of_gaps(code: str) -> None:
    city = shelf.regulation(code)
    gaps = city.gaps(FIRST, LAST)
    for standing in coverage.walk(city, FIRST, LAST):
        if standing.gap:
            on = [gap for gap in gaps if gap.since <= standing.month <= gap.until]
            assert any(gap.name in standing.gap or gap.name.startswith("regulation.") for gap in on), standing


@pytest.mark.parametrize("code", CITIES)
def test_the_gaps_and_the_term_leave_no_day_out(code: str) -> None:
    city = shelf.regulation(code)
    outside = [gap for gap in city.gaps(FIRST, LAST) if gap.name.startswith("regulation.")]
    silent = sum((gap.until - gap.since).days + 1 for gap in outside)
    held = (min(city.until or LAST, LAST) - city.since).days + 1
    assert silent + held == (LAST - FIRST).days + 1
    for gap in outside:
        assert not city.in_force(gap.since) and not city.in_force(gap.until)
    assert city.in_force(city.since)
    assert city.until is None or not city.in_force(city.until + timedelta(days=1))


def test_only_the_cities_of_yearly_notices_leave_benefit_figures_open() -> None:
    paid = Counter[str]()
    for code in CITIES:
        for standing in coverage.walk(shelf.regulation(code), date(2025, 1, 1), date(2025, 12, 31)):
            paid[code] += standing.status == "payable"
    assert paid["jinzhong_2017"] > 0 and paid["binzhou_2021"] > 0
    assert paid["xuzhou_2023"] == paid["panzhihua_2023"] == 0


def test_a_notice_closes_its_gap_from_its_first_day_on() -> None:
    def until(*notices: Notice) -> date | None:
        city = shelf.regulation("panzhihua_2023").with_notices(notices)
        return next((gap.until for gap in city.gaps(FIRST, LAST) if gap.name == "inpatient.ratio"), None)

    by_level = [
        Notice("inpatient.ratio", level, "0.7", date(2024, 1, int(level)), "攀医保〔2023〕1号") for level in "123"
    ]
    assert until() == date(2027, 12, 31)
    assert until(Notice("inpatient.ratio", None, "0.7", date(2024, 1, 1), "攀医保〔2023〕1号")) == date(2023, 12, 31)
    assert until(*by_level[:2]) == date(2027, 12, 31)
    assert until(*by_level) == date(2024, 1, 2)
    assert until(Notice("inpatient.ratio", None, "0.7", date(2023, 1, 1), "攀医保〔2022〕1号")) is None
