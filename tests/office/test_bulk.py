"""Many rows written as tuples: the same rows as one by one, the same rules of the table, and keys of one's own."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from enrollment.models import Due, Enrollment
from office import bulk
from tests.town import Town

pytestmark = pytest.mark.django_db
FIELDS = ("id", "resident_id", "period_id", "year", "area_id", "benefits_from", "benefits_until", "state", "reasons")


def _row(town: Town, key: int, **other: Any) -> tuple[Any, ...]:
    resident = town.resident()
    told = {
        "id": key,
        "resident_id": resident.pk,
        "period_id": town.period().pk,
        "year": 2025,
        "area_id": resident.area_id,
        "benefits_from": date(2025, 1, 1),
        "benefits_until": date(2025, 12, 31),
        "state": "covered",
        "reasons": [{"article": "JZ06.1", "message": "制表\t换行\n反斜\\ “引号”"}],
    } | other
    return tuple(told[name] for name in FIELDS)


def test_rows_come_as_if_they_were_saved_one_by_one(town: Town) -> None:
    keys = bulk.fresh_keys(Enrollment, 2)
    rows = [_row(town, key) for key in keys]
    bulk.copy_in(Enrollment, FIELDS, rows)
    bulk.copy_in(Due, ("enrollment_id", "payer", "amount", "article"), [(keys[0], "individual", "400.00", "JZ05")])
    kept = Enrollment.objects.get(pk=keys[0])
    assert (kept.resident_id, kept.benefits_from, kept.reasons) == (rows[0][1], date(2025, 1, 1), rows[0][-1])
    # What is not named has the default of the model.
    assert (kept.origin, kept.inpatient_factor, kept.paid_on) == ("new", Decimal(1), None)
    assert kept.dues.get().amount == Decimal("400.00")
    one_by_one = town.enrolled(town.resident())
    assert one_by_one.pk > max(keys)


def test_a_broken_rule_is_called_by_its_name(town: Town) -> None:
    first, second = bulk.fresh_keys(Enrollment, 2)
    row = _row(town, first)
    # SQLite calls a unique rule by its columns, every other rule by its name.
    twice = r"one_enrollment_per_resident_and_year|enrollment_enrollment\.year"
    with pytest.raises(IntegrityError, match=twice), transaction.atomic():
        bulk.copy_in(Enrollment, FIELDS, [row, (second, *row[1:])])
    with pytest.raises(IntegrityError, match="benefits_have_two_ends"), transaction.atomic():
        bulk.copy_in(Enrollment, FIELDS, [_row(town, first, benefits_until=None)])
    assert not Enrollment.objects.exists()


def test_rows_that_are_there_are_left_out_where_that_is_asked(town: Town) -> None:
    there = town.enrolled(town.resident())
    key, other = bulk.fresh_keys(Enrollment, 2)
    again = _row(town, key, resident_id=there.resident_id)
    ready = bulk.prepare(Enrollment, FIELDS)
    bulk.copy_in(Enrollment, FIELDS, [ready(again), ready(_row(town, other))], prepared=True, ignore_conflicts=True)
    assert set(Enrollment.objects.values_list("pk", flat=True)) == {there.pk, other}
