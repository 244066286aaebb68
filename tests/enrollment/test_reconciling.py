"""Three sides held against each other: every planted difference is found, none is invented, the classes add up."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment import comparing, detail_lists, reconciling
from enrollment.comparing import Group, Line
from enrollment.models import Comparison, DayCount, Payment, ReportedLine
from office import intake
from office.models import AuditEvent
from tests.town import Town

DAY = date(2024, 10, 10)
HEADINGS = ("凭证号", "金额", "日期", "渠道", "证件号码", "姓名", "年度")


def detail(town: Town, kind: str, *lines: dict[str, str], name: str = "") -> Any:
    """A detail list comes in and is taken by the accountant."""
    content = town.csv(lines, HEADINGS)
    batch = intake.receive(kind, town.city, name or f"{kind}.csv", content, {}, by=town.accountant, at=town.now)
    return intake.take(batch, by=town.accountant, at=town.now)


def line(payment: Payment, **cells: Any) -> dict[str, str]:
    """What another side says about a payment of ours."""
    told = (payment.receipt, payment.amount, payment.paid_on, "税务", payment.id_number, payment.name, payment.year)
    return {heading: str(cell) for heading, cell in (dict(zip(HEADINGS, told, strict=True)) | cells).items()}


def reconcile(town: Town, day: date = DAY) -> None:
    reconciling.start(town.city, day, by=town.accountant, on=town.today, at=town.now)
    town.work()
    town.work()


def payments(town: Town, many: int) -> list[Payment]:
    people = [town.resident() for _number in range(many)]
    for person in people:
        town.enrolled(person)
    town.tax_file(*(town.tax_line(person, DAY) for person in people))
    return list(Payment.objects.order_by("pk"))


@pytest.mark.article("XZ08.3", "BZ10")
def test_each_difference_is_found_and_each_file_adds_up_to_its_classes(town: Town) -> None:
    same, dearer, ours, unbanked = payments(town, 4)
    stranger = line(same, 凭证号="X1", 证件号码=town.number(), 姓名="外人")
    tax = detail(
        town, "tax_detail", line(same), line(dearer, 金额="380.00"), line(unbanked), stranger,
        line(same, 凭证号="X2"),  # the same person, year and amount under another receipt
    )  # fmt: skip
    detail(town, "fund_detail", line(same), line(dearer), {**stranger, "证件号码": "", "姓名": "", "年度": ""})
    reconcile(town)
    told = {row.receipt: (row.verdict, row.state) for row in Comparison.objects.all()}
    assert told == {
        same.receipt: ("matched", "agreed"),
        dearer.receipt: ("differs", "open"),
        ours.receipt: ("ours_only", "open"),
        unbanked.receipt: ("ours_only", "open"),
        "X1": ("theirs_only", "open"),
        "X2": ("duplicate", "open"),
    }
    sums = reconciling.totals("tax", tax.pk)
    assert sum(lines for lines, _sum in sums.values()) == tax.taken == 5
    assert sum(amount for _lines, amount in sums.values()) == Decimal("1980.00")
    counts = list(DayCount.objects.values_list("area__name", "compared", "matched", "open"))
    assert sum(compared for _area, compared, _m, _o in counts) == 6
    assert {area for area, *_rest in counts} == {town.county.name, town.city.name}


@pytest.mark.article("JZ06.5")
def test_what_has_another_receipt_is_found_by_person_year_and_amount(town: Town) -> None:
    [payment] = payments(town, 1)
    detail(town, "tax_detail", line(payment))
    detail(town, "fund_detail", line(payment, 凭证号="BANK-1"))
    reconcile(town)
    row = Comparison.objects.get()
    assert (row.verdict, row.found_by, row.fund_line.receipt) == ("matched", "person", "BANK-1")


def test_a_line_a_day_late_settles_what_was_open_and_says_so(town: Town) -> None:
    [payment] = payments(town, 1)
    detail(town, "tax_detail", line(payment))
    reconcile(town)
    row = Comparison.objects.get()
    assert (row.verdict, row.state) == ("ours_only", "open")
    reconciling.take_over(row, by=town.accountant, at=town.now)
    late = DAY + timedelta(days=1)
    detail(town, "fund_detail", line(payment, 日期=late))
    town.today = late + timedelta(days=100)
    reconcile(town, late)
    row.refresh_from_db()
    assert (row.verdict, row.state, row.late_on, row.day) == ("matched", "corrected", late, DAY)
    count = DayCount.objects.get()
    assert (count.matched, count.open, count.fund) == (1, 0, Decimal("400.00"))


def test_a_difference_is_explained_once_by_somebody_with_a_reason(town: Town) -> None:
    [payment] = payments(town, 1)
    reconcile(town)
    row = Comparison.objects.get()
    with pytest.raises(reconciling.CannotReconcile, match="请写明"):
        reconciling.explain(row, " ", by=town.accountant, at=town.now)
    with pytest.raises(reconciling.CannotReconcile, match="不在您的管辖"):
        reconciling.explain(row, "在途", by=town.member("accountant", town.other_county), at=town.now)
    reconciling.explain(row, "税务当日清单未含", by=town.accountant, at=town.now)
    with pytest.raises(reconciling.CannotReconcile, match="已处理"):
        reconciling.hand_back(row, "重复处理", by=town.accountant, at=town.now)
    assert DayCount.objects.get().open == 0
    assert AuditEvent.objects.filter(action="reconciling.explain").count() == 1
    # What was explained is completed all the same when the lines come.
    detail(town, "tax_detail", line(payment))
    detail(town, "fund_detail", line(payment))
    town.today = town.today + timedelta(days=1)
    reconcile(town)
    row.refresh_from_db()
    assert (row.verdict, row.state) == ("matched", "corrected")


def test_a_list_sent_again_changes_nothing_and_two_runs_at_once_are_one(town: Town) -> None:
    [payment] = payments(town, 1)
    detail(town, "tax_detail", line(payment))
    again = detail(town, "tax_detail", line(payment), line(payment, 凭证号="N"), name="再.csv")
    assert (again.taken, again.duplicate) == (1, 1)
    reconciling.start(town.city, DAY, by=town.accountant, on=town.today, at=town.now)
    with pytest.raises(reconciling.CannotReconcile, match="正在进行"):
        reconciling.start(town.city, DAY, by=town.accountant, on=town.today, at=town.now)
    with pytest.raises(reconciling.CannotReconcile, match="尚未到来"):
        reconciling.start(town.city, town.today + timedelta(days=1), by=town.accountant, on=town.today, at=town.now)
    with pytest.raises(reconciling.CannotReconcile, match="市级"):
        county = town.member("accountant", town.county)
        reconciling.start(town.city, DAY, by=county, on=town.today, at=town.now)


def test_the_database_keeps_verdicts_true_and_lines_in_one_comparison(town: Town) -> None:
    same, other = payments(town, 2)
    detail(town, "tax_detail", line(same))
    detail(town, "fund_detail", line(same))
    reconcile(town)
    row = Comparison.objects.get(verdict="matched")
    wrong: list[dict[str, Any]] = [
        {"verdict": "differs"}, {"ours": Decimal("1.00")}, {"tax": None}, {"state": "open"},
        {"payment": other}, {"verdict": "ours_only", "state": "open"},
    ]  # fmt: skip
    for change in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            Comparison.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Comparison.objects.filter(verdict="ours_only").update(state="explained")
    with pytest.raises(IntegrityError), transaction.atomic():
        DayCount.objects.update(matched=9)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportedLine.objects.update(amount=Decimal("0.00"))


def test_a_day_takes_the_same_number_of_queries_however_many_lines(
    town: Town, django_assert_max_num_queries: Any
) -> None:
    held = payments(town, 30)
    detail(town, "tax_detail", *(line(payment) for payment in held))
    detail(town, "fund_detail", *(line(payment) for payment in held[:20]))
    reconciling.start(town.city, DAY, by=town.accountant, on=town.today, at=town.now)
    with django_assert_max_num_queries(62):
        town.work()
        town.work()
    assert Counter(Comparison.objects.values_list("verdict", flat=True)) == {"matched": 20, "ours_only": 10}


# --- the comparison itself --------------------------------------------------------------------------------------------
# What is planted: on which sides a payment stands with which amount, and what has to come out. Written by hand, not
# by the code that is tried. A letter a side: = the amount, + another amount, . nothing; a second letter is a copy.
PLANTED = {
    ("=", "=", "="): ["matched"],
    ("=", "+", "="): ["differs"],
    ("=", ".", "+"): ["differs"],
    (".", "=", "+"): ["differs"],
    ("=", ".", "."): ["ours_only"],
    ("=", "=", "."): ["ours_only"],
    ("=", ".", "="): ["ours_only"],
    (".", "=", "."): ["theirs_only"],
    (".", ".", "="): ["theirs_only"],
    (".", "=", "="): ["theirs_only"],
    ("=", "==", "="): ["matched", "duplicate"],
    ("=", "=", "=="): ["matched", "duplicate"],
    (".", "==", "."): ["theirs_only", "duplicate"],
    ("=", ".", "=="): ["ours_only", "duplicate"],
}
cases = st.lists(
    st.tuples(st.sampled_from(sorted(PLANTED)), st.sampled_from(["receipt", "person"])), min_size=0, max_size=40
)


@given(cases, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_every_planted_difference_is_found_and_none_invented(planted: list[Any], lots: Any) -> None:
    lines: list[Line] = []
    expected: Counter[str] = Counter()
    for number, (shape, by) in enumerate(planted):
        # Another amount under another receipt cannot be known to be the same: such a line stands by its receipt.
        by = "receipt" if any("+" in part for part in shape) else by
        expected.update(PLANTED[shape])
        for side, part in zip(comparing.SIDES, shape, strict=True):
            for copy, letter in enumerate(part.replace(".", "")):
                receipt = f"R{number}" if by == "receipt" else f"R{number}-{side}-{copy}"
                amount = Decimal("400.00") if letter == "=" else Decimal("380.00")
                lines.append(Line(side, len(lines), DAY, "tax", receipt, f"P{number}", 2025, amount))
    lots.shuffle(lines)
    # The lines come in two files, one after the other: what waits is completed by what comes later.
    cut = lots.randint(0, len(lines))
    standing: list[Group] = []
    for file in (lines[:cut], lines[cut:]):
        made, alone = comparing.by_receipt(file, standing)
        standing += [group for group in made if group not in standing]
        standing += [group for group in comparing.by_person(alone, standing) if group not in standing]
    # Each line is in one group, so the classes add up to the files; and the groups are those that were planted.
    held = Counter(one.pk for group in standing for one in group.lines.values())
    assert held == Counter(one.pk for one in lines)
    assert Counter(group.verdict for group in standing) == expected


def test_pairs_have_their_own_classes() -> None:
    some, other = Decimal("1.00"), Decimal("2.00")
    told = [comparing.pair(*two) for two in ((some, some), (some, other), (some, None), (None, some), (None, None))]
    assert told == ["matched", "differs", "first_only", "second_only", ""]
    assert detail_lists.KINDS == {"tax_detail": "tax", "fund_detail": "fund"}
