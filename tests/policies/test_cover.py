"""Joining, paying and waiting, told as sentences: both sides of each boundary, and the odd questions."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import shelf
from policies.covering import CoverAnswer, CoverQuestion, Event, Insured, Standard
from policies.rules import Notice, Parameters
from policies.shapes import NotUnderstood

STANDARD = Standard(Decimal("400.00"), Decimal("670.00"))
WINDOW: Parameters = {"contribution.window.opens": "09-01", "contribution.window.closes": "12-31"}


def asked(
    policy: str,
    paid_on: str | None,
    *,
    year: int = 2025,
    event: tuple[str, str] | None = None,
    parameters: Parameters | None = None,
    born: str = "1980-05-05",
    **person: object,
) -> CoverAnswer:
    """The answer for somebody born in 1980 who has been insured nowhere yet, unless told otherwise."""
    insured = Insured(date.fromisoformat(born), **person)  # type: ignore[arg-type]
    question = CoverQuestion(
        year=year,
        paid_on=date.fromisoformat(paid_on) if paid_on else None,
        person=insured,
        event=Event(event[0], date.fromisoformat(event[1])) if event else None,
        standard=STANDARD,
    )
    return shelf.regulation(policy).cover(question, parameters)


def begins(answer: CoverAnswer) -> str | None:
    return answer.benefits_from.isoformat() if answer.benefits_from else None


def owed(answer: CoverAnswer) -> dict[str, str]:
    return {payer: str(amount) for payer, amount, *_ in answer.due}


def cited(answer: CoverAnswer) -> list[str]:
    return [reason.article for reason in answer.reasons]


# ---- Xuzhou ----


@pytest.mark.article("XZ08.4b")
def test_a_renewing_person_pays_until_31_march_without_a_wait() -> None:
    answer = asked("xuzhou_2023", "2025-03-31", insured_years=[2024])
    assert (begins(answer), cited(answer)) == ("2025-04-01", ["XZ08.4b"])


@pytest.mark.article("XZ10.2a")
def test_a_renewing_person_who_pays_on_1_april_waits_two_months() -> None:
    answer = asked("xuzhou_2023", "2025-04-01", insured_years=[2024])
    assert (begins(answer), cited(answer)) == ("2025-06-02", ["XZ10.2a"])


@pytest.mark.article("XZ10.2b")
@pytest.mark.parametrize(
    ("paid_on", "first"),
    [("2025-01-01", "2025-03-02"), ("2025-12-31", "2026-03-01"), ("2024-09-30", "2024-12-01")],
)
def test_anyone_else_waits_two_months_to_the_same_day_or_the_months_last(paid_on: str, first: str) -> None:
    assert begins(asked("xuzhou_2023", paid_on)) == first


@pytest.mark.article("XZ08.4a")
@pytest.mark.parametrize(("paid_on", "first"), [("2024-10-01", "2025-01-01"), ("2024-12-31", "2025-01-01")])
def test_the_last_quarter_pays_for_new_year(paid_on: str, first: str) -> None:
    assert begins(asked("xuzhou_2023", paid_on)) == first


@pytest.mark.article("XZ10.3a", "XZ10.3b", "XZ10.3c")
@pytest.mark.parametrize(
    ("paid_on", "first", "article"),
    [
        ("2025-02-28", "2024-11-30", "XZ10.3a"),
        ("2025-03-01", "2025-03-02", "XZ10.3b"),
        ("2025-11-30", "2025-12-01", "XZ10.3b"),
        ("2025-12-01", "2026-02-02", "XZ10.3c"),
    ],
)
def test_a_newborns_benefits_hang_on_the_months_since_birth(paid_on: str, first: str, article: str) -> None:
    answer = asked("xuzhou_2023", paid_on, born="2024-11-30", event=("birth", "2024-11-30"))
    assert (begins(answer), cited(answer)) == (first, [article])


@pytest.mark.article("XZ10.3a")
def test_a_child_insured_before_is_no_newborn() -> None:
    answer = asked("xuzhou_2023", "2025-02-01", born="2024-11-30", event=("birth", "2024-11-30"), insured_years=[2024])
    assert begins(answer) == "2025-02-02"


@pytest.mark.article("XZ10.6")
def test_a_new_status_opens_cover_on_its_day_unless_the_person_renews() -> None:
    status = ("status", "2025-04-15")
    assert begins(asked("xuzhou_2023", "2025-05-20", event=status, groups=["medical_assistance"])) == "2025-04-15"
    lapsed = asked("xuzhou_2023", "2025-05-20", event=status, groups=["medical_assistance"], insured_years=[2023])
    assert begins(lapsed) == "2025-04-15"
    renewing = asked("xuzhou_2023", "2025-05-20", event=status, groups=["medical_assistance"], insured_years=[2024])
    assert begins(renewing) == "2025-07-21"
    covered = asked("xuzhou_2023", "2025-01-20", event=("status", "2024-11-15"), insured_years=[2024])
    assert begins(covered) == "2025-01-21"


@pytest.mark.article("XZ21.2")
def test_a_new_student_who_paid_for_next_year_is_covered_from_entry() -> None:
    assert begins(asked("xuzhou_2023", "2024-11-20", basis="university", event=("university_entry", "2024-09-01"))) == (
        "2024-09-01"
    )
    of_this_year = asked("xuzhou_2023", "2025-02-10", basis="university", event=("university_entry", "2025-02-01"))
    assert begins(of_this_year) == "2025-04-11"


@pytest.mark.article("XZ10.4", "XZ10.5")
@pytest.mark.parametrize("kind", ["graduation", "left_employee_insurance", "permit_transfer_insured"])
def test_three_months_after_a_change_cover_begins_the_next_day(kind: str) -> None:
    assert begins(asked("xuzhou_2023", "2025-08-31", event=(kind, "2025-05-31"))) == "2025-09-01"
    assert begins(asked("xuzhou_2023", "2025-09-01", event=(kind, "2025-05-31"))) == "2025-11-02"


@pytest.mark.article("XZ07.1", "XZ07.4", "XZ20")
def test_xuzhou_refuses_the_employed_the_pensioner_from_elsewhere_and_who_has_no_ground() -> None:
    employed = asked("xuzhou_2023", "2024-11-01", employee_insured=True)
    assert (employed.eligible, employed.due, cited(employed)) == (False, (), ["XZ07.1"])
    assert cited(asked("xuzhou_2023", "2024-11-01", pension_elsewhere=True)) == ["XZ07.4"]
    assert asked("xuzhou_2023", "2024-11-01", basis="other").eligible is False
    assert asked("jinzhong_2017", "2024-11-01", pension_elsewhere=True, basis="other").eligible is True


@pytest.mark.article("XZ09.2", "XZ09.7")
def test_assistance_pays_for_recipients_and_the_schools_finance_for_students() -> None:
    resident = asked("xuzhou_2023", "2024-11-01", groups=["medical_assistance"])
    student = asked("xuzhou_2023", "2024-11-01", groups=["medical_assistance"], basis="university")
    assert owed(resident) == {"medical_assistance": "400.00", "subsidy": "670.00"}
    assert owed(student) == {"school_finance": "400.00", "subsidy": "670.00"}


@pytest.mark.article("XZ09.4")
@pytest.mark.parametrize(
    ("born", "paid_on", "payer"),
    [
        ("1954-12-31", "2024-10-01", "government"),
        ("1955-01-01", "2024-10-01", "individual"),
        ("1955-03-10", "2025-03-10", "government"),
        ("1955-03-11", "2025-03-10", "individual"),
    ],
)
def test_seventy_counts_on_the_later_of_payment_and_31_december(born: str, paid_on: str, payer: str) -> None:
    assert owed(asked("xuzhou_2023", paid_on, born=born)) == {payer: "400.00", "subsidy": "670.00"}


@pytest.mark.article("XZ09.5", "XZ09.8")
def test_the_family_planning_share_is_asked_for_only_where_it_could_be_the_best() -> None:
    alone = asked("xuzhou_2023", "2024-11-01", groups=["family_planning_reward"])
    assert alone.eligible is None
    assert "subsidy.share.family_planning" in alone.reasons[0].message
    disabled = asked("xuzhou_2023", "2024-11-01", groups=["family_planning_reward", "severely_disabled"])
    assert owed(disabled) == {"government": "400.00", "subsidy": "670.00"}
    told = {"subsidy.share.family_planning": Decimal("0.3333")}
    shared = asked("xuzhou_2023", "2024-11-01", groups=["family_planning_reward"], parameters=told)
    assert owed(shared) == {"family_planning": "133.32", "individual": "266.68", "subsidy": "670.00"}


@pytest.mark.article("XZ09.6")
def test_an_only_childs_certificate_is_a_paper_and_not_a_payer() -> None:
    child = asked("xuzhou_2023", "2024-11-01", born="2007-01-01", groups=["only_child"])
    assert (owed(child), cited(child)) == ({"individual": "400.00", "subsidy": "670.00"}, ["XZ08.4a", "XZ09.6"])
    grown = asked("xuzhou_2023", "2024-11-01", born="2006-12-31", groups=["only_child"])
    assert cited(grown) == ["XZ08.4a"]


@pytest.mark.article("XZ33")
def test_the_term_counts_by_the_day_of_payment() -> None:
    assert asked("xuzhou_2023", "2028-06-20", year=2028).eligible is True
    lapsed = asked("xuzhou_2023", "2028-06-21", year=2028)
    assert (lapsed.eligible, lapsed.due, cited(lapsed)) == (None, (), ["XZ33"])
    assert asked("xuzhou_2023", None, year=2023).eligible is True
    assert asked("xuzhou_2023", None, year=2029).eligible is None


@pytest.mark.article("XZ08.4a", "XZ10.3a", "XZ10.4")
def test_whoever_has_not_paid_is_told_what_is_due_and_by_when() -> None:
    renewing = asked("xuzhou_2023", None, insured_years=[2024])
    assert (renewing.eligible, begins(renewing)) == (True, None)
    assert owed(renewing) == {"individual": "400.00", "subsidy": "670.00"}
    assert "2025-03-31" in renewing.reasons[0].message
    assert "2025-08-15" in asked("xuzhou_2023", None, event=("birth", "2025-05-15")).reasons[0].message
    assert "2025-09-30" in asked("xuzhou_2023", None, event=("graduation", "2025-06-30")).reasons[0].message
    assert "2025-04-15" in asked("xuzhou_2023", None, event=("status", "2025-04-15")).reasons[0].message
    assert "2024-12-31" in asked("xuzhou_2023", None).reasons[0].message


@pytest.mark.article("XZ08.4a", "XZ08.4b", "XZ10.2a", "XZ10.2b")
@given(
    paid=st.dates(date(2024, 10, 1), date(2025, 12, 31)),
    later=st.integers(0, 400),
    insured_years=st.sampled_from([[], [2023], [2024]]),
)
def test_paying_later_never_begins_earlier(paid: date, later: int, insured_years: list[int]) -> None:
    first = asked("xuzhou_2023", paid.isoformat(), insured_years=insured_years).benefits_from
    second = asked("xuzhou_2023", (paid + timedelta(days=later)).isoformat(), insured_years=insured_years).benefits_from
    assert first is not None
    assert second is not None
    assert first <= second


@given(share=st.decimals(0, 1, places=4), cents=st.integers(0, 100_000))
def test_sponsor_and_person_share_the_contribution_to_the_fen(share: Decimal, cents: int) -> None:
    standard = Standard(Decimal(cents).scaleb(-2), Decimal("670.00"))
    person = Insured(date(1980, 5, 5), groups=["destitute"])
    question = CoverQuestion(2025, date(2024, 10, 1), person, None, standard)
    due = shelf.regulation("jinzhong_2017").cover(question, {"subsidy.share": share}).due
    assert sum(one.amount for one in due) == standard.individual + standard.subsidy
    assert all(one.amount >= 0 for one in due)


# ---- Jinzhong ----


@pytest.mark.article("JZ06.1", "JZ09")
def test_20_december_is_in_time_and_21_december_is_late() -> None:
    in_time = asked("jinzhong_2017", "2024-12-20", insured_years=[2024])
    late = asked("jinzhong_2017", "2024-12-21", insured_years=[2024])
    assert (begins(in_time), owed(in_time)) == ("2025-01-01", {"individual": "400.00", "subsidy": "670.00"})
    assert (begins(late), owed(late)) == ("2025-01-21", {"individual": "1070.00"})


@pytest.mark.article("JZ09")
def test_the_late_payer_of_jinzhong_waits_thirty_full_days_and_carries_all_of_it() -> None:
    late = asked("jinzhong_2017", "2025-02-10", insured_years=[2024], groups=["destitute"])
    assert (begins(late), owed(late), cited(late)) == ("2025-03-13", {"individual": "1070.00"}, ["JZ09"])


@pytest.mark.article("JZ09", "JZ06.1")
def test_who_was_not_covered_last_year_is_told_the_next_window() -> None:
    answer = asked("jinzhong_2017", "2025-02-10", insured_years=[2022, 2023])
    assert (answer.eligible, answer.due, begins(answer)) == (False, (), None)
    assert "2025-09-01至2025-12-20" in answer.reasons[0].message


@pytest.mark.article("JZ06.1")
@pytest.mark.parametrize(
    ("paid_on", "eligible"),
    [("2024-08-31", False), ("2024-09-01", True), ("2025-08-31", True), ("2025-09-01", False), ("2025-12-20", False)],
)
def test_what_is_paid_in_autumn_is_paid_for_the_next_year(paid_on: str, eligible: bool) -> None:
    assert asked("jinzhong_2017", paid_on, insured_years=[2024]).eligible is eligible


@pytest.mark.article("JZ08")
def test_a_newborn_owes_nothing_in_the_birth_year_and_pays_for_the_next() -> None:
    born = asked("jinzhong_2017", None, born="2025-05-05", event=("birth", "2025-05-05"))
    assert (begins(born), owed(born), cited(born)) == ("2025-05-05", {"none": "0.00"}, ["JZ08"])
    next_year = asked("jinzhong_2017", "2025-10-01", year=2026, born="2025-05-05", event=("birth", "2025-05-05"))
    assert (begins(next_year), owed(next_year)) == ("2026-01-01", {"individual": "400.00", "subsidy": "670.00"})


@pytest.mark.article("JZ07")
@pytest.mark.parametrize(
    ("born", "groups", "subsidised"),
    [
        ("1944-12-31", [], True),
        ("1945-01-01", [], False),
        ("1964-12-31", ["low_income_family"], True),
        ("1965-01-01", ["low_income_family"], False),
        ("2007-01-01", ["low_income_family"], True),
        ("2006-12-31", ["low_income_family"], False),
        ("1980-05-05", ["severely_disabled"], False),
        ("1980-05-05", ["disabled_no_work"], True),
    ],
)
def test_the_groups_of_jinzhong_and_their_open_share(born: str, groups: list[str], subsidised: bool) -> None:
    unset = asked("jinzhong_2017", "2024-10-01", born=born, groups=groups)
    assert (unset.eligible is None) is subsidised
    half = asked("jinzhong_2017", "2024-10-01", born=born, groups=groups, parameters={"subsidy.share": Decimal("0.5")})
    shared = {"government": "200.00", "individual": "200.00", "subsidy": "670.00"}
    assert owed(half) == (shared if subsidised else {"individual": "400.00", "subsidy": "670.00"})


@pytest.mark.article("JZ07")
def test_the_best_of_two_shares_applies_and_a_notice_sets_them() -> None:
    notices = [
        Notice("subsidy.share", "special_care", "0.25", date(2024, 1, 1), "样例1号"),
        Notice("subsidy.share", "destitute", "1", date(2024, 1, 1), "样例2号"),
    ]
    question = CoverQuestion(
        2025, date(2024, 10, 1), Insured(date(1980, 5, 5), groups=["special_care", "destitute"]), None, STANDARD
    )
    answer = shelf.regulation("jinzhong_2017").with_notices(notices).cover(question)
    assert answer.due[0] == ("government", Decimal("400.00"), "样例2号", None)


# ---- Binzhou ----


@pytest.mark.article("BZ11.1", "BZ11.2")
def test_new_year_is_late_in_binzhou_and_opens_a_transition_of_90_days() -> None:
    in_time = asked("binzhou_2021", "2024-12-31", insured_years=range(2015, 2025))
    assert (begins(in_time), in_time.transition_until, str(in_time.inpatient_factor)) == ("2025-01-01", None, "1")
    late = asked("binzhou_2021", "2025-01-01", insured_years=range(2015, 2025))
    assert (begins(late), owed(late)) == ("2025-01-01", {"individual": "1070.00"})
    assert (late.transition_until, str(late.inpatient_factor)) == (date(2025, 4, 1), "0.5")


@pytest.mark.article("BZ07.3", "BZ11.2")
def test_the_county_still_pays_the_individual_part_of_a_late_payer_who_carries_the_subsidy() -> None:
    late = asked("binzhou_2021", "2025-01-01", groups=["destitute"])
    assert owed(late) == {"county_finance": "400.00", "individual": "670.00"}


@pytest.mark.article("BZ11.1")
def test_before_1_october_nothing_can_be_paid_for_the_year() -> None:
    early = asked("binzhou_2021", "2024-09-30", insured_years=range(2015, 2025))
    assert (early.eligible, early.missed_years, cited(early)) == (False, (), ["BZ11.1"])


@pytest.mark.article("BZ11.3")
def test_missed_years_count_from_2015_or_birth_and_say_what_each_costs() -> None:
    answer = asked("binzhou_2021", "2024-11-01", insured_years=[2015, 2016, 2019, 2020, 2021, 2022, 2024])
    assert answer.missed_years == (2017, 2018, 2023)
    assert "2017年度400.00元" in answer.reasons[1].message
    child = asked("binzhou_2021", "2024-11-01", born="2022-06-01", insured_years=[2023])
    assert child.missed_years == (2022, 2024)


@pytest.mark.article("BZ11.3")
def test_years_not_paid_back_lower_the_benefits_only_where_the_city_says_how_far() -> None:
    told = {"cover.missed_factor": Decimal("0.9")}
    owing = {"born": "2021-06-01", "insured_years": [2021, 2022, 2024]}
    assert asked("binzhou_2021", "2024-11-01", **owing).inpatient_factor == 1  # type: ignore[arg-type]
    lowered = asked("binzhou_2021", "2025-02-01", parameters=told, **owing)  # type: ignore[arg-type]
    assert lowered.inpatient_factor == Decimal("0.45")
    repaid = asked("binzhou_2021", "2024-11-01", parameters=told, repaired_years=1, **owing)  # type: ignore[arg-type]
    assert repaid.inpatient_factor == 1


@pytest.mark.article("BZ07.4")
def test_six_months_after_birth_the_newborn_is_covered_from_birth() -> None:
    birth = ("birth", "2025-03-31")
    in_time = asked("binzhou_2021", "2025-09-30", born="2025-03-31", event=birth)
    late = asked("binzhou_2021", "2025-10-01", born="2025-03-31", event=birth)
    assert (begins(in_time), owed(in_time)) == ("2025-03-31", {"individual": "400.00", "subsidy": "670.00"})
    assert (begins(late), owed(late), late.missed_years) == ("2025-10-01", {"individual": "1070.00"}, ())


@pytest.mark.article("BZ07.3")
@pytest.mark.parametrize(
    ("born", "groups", "payer"),
    [
        ("1944-12-31", [], "county_finance"),
        ("1945-01-01", [], "individual"),
        ("1980-05-05", ["orphan"], "county_finance"),
        ("1980-05-05", ["hardship_by_illness"], "county_finance"),
        ("1980-05-05", ["medical_assistance"], "individual"),
    ],
)
def test_the_county_pays_in_full_for_the_named_groups(born: str, groups: list[str], payer: str) -> None:
    assert owed(asked("binzhou_2021", "2024-11-01", born=born, groups=groups)) == {payer: "400.00", "subsidy": "670.00"}


@pytest.mark.article("BZ41")
def test_binzhou_lapses_after_2_february_2026() -> None:
    assert asked("binzhou_2021", "2026-02-02", year=2026).eligible is True
    assert cited(asked("binzhou_2021", "2026-02-03", year=2026)) == ["BZ41"]
    assert asked("binzhou_2021", None, year=2027).eligible is None


# ---- Panzhihua ----


@pytest.mark.article("PZ11")
def test_without_a_notice_panzhihua_has_no_window_and_names_it() -> None:
    paid = asked("panzhihua_2023", "2024-11-01")
    assert paid.eligible is None
    assert "contribution.window.opens" in paid.reasons[0].message
    unpaid = asked("panzhihua_2023", None)
    assert (unpaid.eligible, owed(unpaid)) == (True, {"individual": "400.00", "subsidy": "670.00"})
    assert "contribution.window.opens" in unpaid.reasons[0].message


@pytest.mark.article("PZ11")
@pytest.mark.parametrize(
    ("paid_on", "insured_years", "first"),
    [
        ("2024-12-31", [2024], "2025-01-01"),
        ("2024-12-31", [], "2025-01-01"),
        ("2024-12-31", [2023], "2025-04-01"),
        ("2025-01-01", [2024], "2025-04-02"),
        ("2024-08-31", [2024], "2024-12-01"),
    ],
)
def test_the_window_and_an_unbroken_record_spare_the_wait(paid_on: str, insured_years: list[int], first: str) -> None:
    told = {**WINDOW, "cover.waiting_months": Decimal(3)}
    assert begins(asked("panzhihua_2023", paid_on, insured_years=insured_years, parameters=told)) == first


@pytest.mark.article("PZ11")
def test_newborns_and_the_rural_poor_do_not_wait() -> None:
    assert begins(asked("panzhihua_2023", "2025-04-01", event=("birth", "2025-02-03"))) == "2025-02-03"
    poor = asked("panzhihua_2023", "2025-04-01", groups=["rural_low_income"], parameters=WINDOW)
    assert begins(poor) == "2025-04-02"


@pytest.mark.article("PZ11")
def test_a_wait_above_six_months_is_refused_by_name() -> None:
    told = {**WINDOW, "cover.waiting_months": Decimal(6)}
    assert begins(asked("panzhihua_2023", "2025-03-31", parameters=told)) == "2025-10-01"
    with pytest.raises(NotUnderstood) as refusal:
        asked("panzhihua_2023", "2025-03-31", parameters={**told, "cover.waiting_months": Decimal(7)})
    assert refusal.value.field == "parameters.cover.waiting_months"


@pytest.mark.article("PZ11")
def test_a_window_that_closes_in_the_new_year_runs_on_into_it() -> None:
    told = {"contribution.window.opens": "10-01", "contribution.window.closes": "02-29"}
    assert begins(asked("panzhihua_2023", "2025-02-28", parameters=told)) == "2025-01-01"


# ---- the national rule of 2024 ----


@pytest.mark.article("NA4", "NA5", "NA6", "NA7")
@pytest.mark.parametrize(
    ("last", "repaired", "first"),
    [
        (2024, 0, "2025-06-11"),
        (2023, 0, "2025-07-11"),
        (2023, 1, "2025-06-11"),
        (2023, 5, "2025-06-11"),
        (2020, 0, "2025-10-11"),
        (2020, 2, "2025-09-11"),
        (2021, 3, "2025-06-11"),
        (2020, 4, "2025-09-11"),
    ],
)
def test_a_month_for_each_missed_year_less_one_for_each_repaid(last: int, repaired: int, first: str) -> None:
    answer = asked("national_2024", "2025-03-10", insured_years=[last], repaired_years=repaired, parameters=WINDOW)
    assert begins(answer) == first
    assert answer.missed_years == tuple(range(last + 1, 2025))


@pytest.mark.article("NA2", "NA3")
def test_the_window_the_newborn_assistance_and_a_lost_job_spare_the_wait() -> None:
    assert begins(asked("national_2024", "2024-12-31", parameters=WINDOW)) == "2025-01-01"
    assert begins(asked("national_2024", "2025-03-10", event=("birth", "2025-02-03"))) == "2025-02-03"
    helped = asked("national_2024", "2025-03-10", groups=["medical_assistance"], parameters=WINDOW)
    assert begins(helped) == "2025-03-11"
    left = ("left_employee_insurance", "2024-12-31")
    assert begins(asked("national_2024", "2025-03-31", event=left, parameters=WINDOW)) == "2025-04-01"
    assert begins(asked("national_2024", "2025-04-01", event=left, parameters=WINDOW)) == "2025-07-02"


@pytest.mark.article("NA1", "NA8")
def test_the_national_rule_answers_cover_and_refuses_the_employed() -> None:
    assert cited(asked("national_2024", "2025-03-10", employee_insured=True)) == ["NA1"]
    # Without a first day of its own any day is answered.
    assert asked("national_2024", "2023-11-30", year=2024, parameters=WINDOW).eligible is True


# ---- every text ----


@pytest.mark.parametrize("policy", shelf.codes())
def test_somebody_born_after_the_payment_breaks_nothing(policy: str) -> None:
    parameters = (
        {**WINDOW, "cover.waiting_months": Decimal(0)} if policy in ("panzhihua_2023", "national_2024") else None
    )
    answer = asked(policy, "2024-11-01", born="2026-01-01", parameters=parameters)
    assert begins(answer) == "2025-01-01"


@pytest.mark.parametrize("policy", shelf.codes())
def test_the_parts_add_up_to_the_whole_standard(policy: str) -> None:
    answer = asked(policy, None)
    assert sum(due.amount for due in answer.due) == STANDARD.individual + STANDARD.subsidy
    assert [step.article for step in answer.steps]
