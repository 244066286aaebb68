"""The list of gaps is exact to the day: with the term it leaves no day out, and a notice closes its gap."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from policies import shelf
from policies.rules import Notice

FIRST, LAST = date(2017, 1, 1), date(2030, 12, 31)


@pytest.mark.parametrize("code", shelf.codes())
def test_the_gaps_and_the_term_leave_no_day_out(code: str) -> None:
    city = shelf.regulation(code)
    outside = [gap for gap in city.gaps(FIRST, LAST) if gap.name.startswith("regulation.")]
    silent = sum((gap.until - gap.since).days + 1 for gap in outside)
    held = (min(city.until or LAST, LAST) - city.since).days + 1
    assert silent + held == (LAST - FIRST).days + 1
    assert all(not city.in_force(gap.since) and not city.in_force(gap.until) for gap in outside)
    assert city.in_force(city.since)
    assert city.until is None or not city.in_force(city.until + timedelta(days=1))


def test_a_gap_says_who_may_close_it() -> None:
    for code in shelf.codes():
        assert all(gap.setter and gap.article and gap.message for gap in shelf.regulation(code).gaps(FIRST, LAST))


def test_a_notice_closes_its_gap_and_three_levels_close_it_together() -> None:
    def until(*notices: Notice) -> date | None:
        city = shelf.regulation("panzhihua_2023").with_notices(notices)
        return next((gap.until for gap in city.gaps(FIRST, LAST) if gap.name == "inpatient.ratio"), None)

    def notice(tier: str | None, day: date) -> Notice:
        return Notice("inpatient.ratio", tier, "0.7", day, "攀医保〔2023〕1号")

    by_level = [notice(level, date(2024, 1, int(level))) for level in "123"]
    assert until() == date(2027, 12, 31)
    assert until(notice(None, date(2024, 1, 1))) == date(2023, 12, 31)
    assert until(*by_level[:2]) == date(2027, 12, 31)
    assert until(*by_level) == date(2024, 1, 2)
    assert until(notice(None, date(2023, 1, 1))) is None
