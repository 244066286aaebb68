"""The resident's year: counters that exist before they are locked, move only under the lock, and can be taken back."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from decimal import Decimal

from claims.models import Accumulator
from claims.models.accumulator import CEILINGS
from policies.shapes import YearToDate

Key = tuple[int, int]  # resident, year
Added = dict[str, int | str]  # what a claim added to its year, by counter

COUNTED = tuple(field.name for field in fields(YearToDate) if field.name != "outpatient_last_year")
_NUMBERS = frozenset({"admissions", "admissions_level_2_3"})
_PIECE = 400  # keys in one statement
_AT_NOUGHT = [Accumulator._meta.get_field(name).column for name in COUNTED]
_NEW = f"(%s, %s{', 0' * len(_AT_NOUGHT)})"
# Setting the year to itself changes nothing and takes the lock of the row.
_HOLD = f"""INSERT INTO claims_accumulator (resident_id, year, {", ".join(_AT_NOUGHT)}) VALUES {{marks}}
    ON CONFLICT (resident_id, year) DO UPDATE SET year = excluded.year RETURNING *"""  # noqa: S608  columns of the model
_WRITTEN = (*COUNTED, *(f"{used}_ceiling" for used in CEILINGS))


def lock(keys: Iterable[Key]) -> dict[Key, Accumulator]:
    """The counters of these residents and years, made where missing, held until the transaction ends.

    A row that does not exist cannot be locked: two first claims of one person would both find nothing used. So one
    statement makes the row or takes hold of the one that is there, and answers how it stands. Rows are taken in one
    order, so that two sets with the same people wait for each other instead of for ever.
    """
    wanted = sorted(set(keys))
    held: dict[Key, Accumulator] = {}
    for start in range(0, len(wanted), _PIECE):
        piece = wanted[start : start + _PIECE]
        marks = ", ".join([_NEW] * len(piece))
        values = [part for key in piece for part in key]
        for row in Accumulator.objects.raw(_HOLD.format(marks=marks), values):
            held[row.resident_id, row.year] = row
    return held


def year_to_date(counter: Accumulator, outpatient_last_year: bool) -> YearToDate:
    """The counter as the rules ask for it."""
    return YearToDate(outpatient_last_year=outpatient_last_year, **{name: getattr(counter, name) for name in COUNTED})


def add(counter: Accumulator, after: YearToDate, ceilings: Mapping[str, Decimal]) -> Added:
    """Bring the counter to where a claim leaves it; answers what the claim added, for taking back exactly that."""
    added: Added = {}
    for name in COUNTED:
        before, now = getattr(counter, name), getattr(after, name)
        if now != before:
            added[name] = now - before if name in _NUMBERS else str(now - before)
            setattr(counter, name, now)
    for used in CEILINGS:
        ceiling = ceilings.get(used)
        # A ceiling that a notice lowers in the middle of a year takes back nothing that was paid under the old one.
        setattr(counter, f"{used}_ceiling", None if ceiling is None else max(ceiling, getattr(counter, used)))
    return added


def take_back(counter: Accumulator, added: Added) -> None:
    """Take out of the counter exactly what a claim had put into it."""
    for name, amount in added.items():
        part = int(amount) if name in _NUMBERS else Decimal(amount)
        setattr(counter, name, getattr(counter, name) - part)


def keep(counters: Iterable[Accumulator]) -> None:
    """Write locked counters back, one statement for the set."""
    Accumulator.objects.bulk_create(
        list(counters), update_conflicts=True, unique_fields=["id"], update_fields=list(_WRITTEN)
    )
