"""Who may join, what is due from whom and when benefits begin, read a second time: dict in, dict out."""

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain
from typing import Any

D = Decimal
ZERO = D("0.00")
WHOLE = D(1)

TERMS = {
    "xuzhou_2023": ("2023-06-01", "2028-06-20", "XZ33"),
    "jinzhong_2017": ("2017-07-01", "9999-12-31", "JZ43"),
    "binzhou_2021": ("2021-02-03", "2026-02-02", "BZ41"),
    "panzhihua_2023": ("2023-01-01", "2027-12-31", "PZ26"),
}
THREE_MONTHS_EVENTS = [
    "graduation",
    "discharge_from_service",
    "release",
    "moved_in_insured",
    "left_employee_insurance",
    "permit_transfer_insured",
]

OTHER_ASSISTANCE_GROUPS = {
    "minimum_living", "destitute", "registered_poor", "low_income_family", "rural_low_income", "orphan",
    "severely_disabled",
}  # fmt: skip


class NoValue(Exception):
    """A parameter that is needed has no value."""


def plus_months(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def plus_days(day: date, days: int) -> date:
    return day + timedelta(days=days)


def completed_years(birth: date, on: date) -> int:
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def read(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one cover request; articles and messages of `reasons` are left out."""
    paid = date.fromisoformat(request["paid_on"]) if request["paid_on"] else None
    first, last, _ = TERMS.get(request["policy"], ("0001-01-01", "9999-12-31", ""))
    if paid and not first <= paid.isoformat() <= last:
        return _answer(request, None)
    try:
        return READINGS[request["policy"]](request, paid)
    except NoValue:
        return _answer(request, None)


def _answer(request: dict[str, Any], eligible: bool | None, **known: Any) -> dict[str, Any]:
    answer = {
        "ref": request["ref"],
        "eligible": eligible,
        "due": [],
        "benefits_from": None,
        "transition_until": None,
        "inpatient_factor": "1",
        "missed_years": [],
    }
    answer.update(known)
    for name in ("benefits_from", "transition_until"):
        if isinstance(answer[name], date):
            answer[name] = answer[name].isoformat()
    return answer


def _due(
    request: dict[str, Any], payer: str | None, carries_subsidy: bool = False, share: Decimal = WHOLE
) -> list[dict[str, str]]:
    """The share of the individual contribution that a payer takes, the person's rest, and the public subsidy."""
    individual, subsidy = D(request["standard"]["individual"]), D(request["standard"]["subsidy"])
    sponsored = (share * individual).quantize(D("0.01"), rounding=ROUND_HALF_UP) if payer else ZERO
    by = {"individual": individual - sponsored, "subsidy": subsidy}
    if payer is not None:
        by[payer] = sponsored
    if carries_subsidy:
        by["individual"] += by.pop("subsidy")
    return [{"payer": name, "amount": f"{amount:.2f}"} for name, amount in by.items() if amount]


def _share(request: dict[str, Any], name: str) -> Decimal:
    """The share of the contribution that a notice lets somebody else pay."""
    value = request.get("parameters", {}).get(name)
    if value is None:
        raise NoValue(name)
    return D(value)


def _year(request: dict[str, Any]) -> int:
    return int(request["year"])


def _renewing(request: dict[str, Any]) -> bool:
    return _year(request) - 1 in request["person"].get("insured_years", [])


def _event(request: dict[str, Any], *kinds: str) -> date | None:
    event = request.get("event")
    return date.fromisoformat(event["date"]) if event and event["kind"] in kinds else None


def _age(request: dict[str, Any], paid: date | None) -> int:
    last_december = date(_year(request) - 1, 12, 31)
    on = max(paid, last_december) if paid else last_december
    return completed_years(date.fromisoformat(request["person"]["birth_date"]), on)


def _employed(request: dict[str, Any]) -> bool:
    return bool(request["person"].get("employee_insured", False))


def _xuzhou(request: dict[str, Any], paid: date | None) -> dict[str, Any]:
    person = request["person"]
    if _employed(request) or person.get("pension_elsewhere", False) or person["basis"] == "other":
        return _answer(request, False)
    groups = person["groups"]
    payer, share = None, WHOLE
    if "medical_assistance" in groups:
        payer = "school_finance" if person["basis"] == "university" else "medical_assistance"
    elif "severely_disabled" in groups or _age(request, paid) >= 70:
        payer = "government"
    elif "family_planning_reward" in groups:
        payer, share = "family_planning", _share(request, "subsidy.share.family_planning")
    due = _due(request, payer, share=share)
    if paid is None:
        return _answer(request, True, due=due)
    return _answer(request, True, due=due, benefits_from=_xuzhou_start(request, paid))


def _xuzhou_start(request: dict[str, Any], paid: date) -> date:
    """The first of the seven readings of article 10 that fits."""
    return next(_xuzhou_starts(request, paid))


def _xuzhou_starts(request: dict[str, Any], paid: date) -> Iterator[date]:
    year, person = _year(request), request["person"]
    next_day, after_wait = plus_days(paid, 1), plus_days(plus_months(paid, 2), 1)
    born = _event(request, "birth")
    if born and not person.get("insured_years", []):
        if paid <= plus_months(born, 3):
            yield born
        yield next_day if paid <= plus_months(born, 12) else after_wait
    status = _event(request, "status")
    if status and not _renewing(request):
        yield status
    entry = _event(request, "university_entry")
    if entry and entry.year == year - 1:
        yield entry
    if date(year - 1, 10, 1) <= paid <= date(year - 1, 12, 31):
        yield date(year, 1, 1)
    event = _event(request, *THREE_MONTHS_EVENTS)
    if event and paid <= plus_months(event, 3):
        yield next_day
    if _renewing(request) and paid <= date(year, 3, 31):
        yield next_day
    yield after_wait


def _jinzhong(request: dict[str, Any], paid: date | None) -> dict[str, Any]:
    person, year = request["person"], _year(request)
    if _employed(request):
        return _answer(request, False)
    born = _event(request, "birth")
    if born and born.year == year:
        return _answer(request, True, benefits_from=born)
    in_window = paid is None or date(year - 1, 9, 1) <= paid <= date(year - 1, 12, 20)
    if not in_window and not _renewing(request):
        return _answer(request, False)
    if paid is not None and not in_window:  # "entirely by the individual", whatever the group
        due = _due(request, None, carries_subsidy=True)
        return _answer(request, True, due=due, benefits_from=plus_days(paid, 31))
    age, groups = _age(request, paid), set(person["groups"])
    named = {"minimum_living", "destitute", "disabled_no_work", "special_care", "medical_assistance"}
    poor_and_old_or_young = "low_income_family" in groups and (age >= 60 or age < 18)
    if age >= 80 or groups & (named | {"registered_poor"}) or poor_and_old_or_young:
        due = _due(request, "government", share=_share(request, "subsidy.share"))
    else:
        due = _due(request, None)
    if paid is None:
        return _answer(request, True, due=due)
    return _answer(request, True, due=due, benefits_from=date(year, 1, 1))


def _binzhou_missed(request: dict[str, Any]) -> list[int] | None:
    """The years since 2015 without cover; nothing is said where the person joined later than that.

    "Interrupted" (中断) may or may not mean the years before somebody first joined.
    """
    year, insured = _year(request), request["person"].get("insured_years", [])
    first = max(2015, int(request["person"]["birth_date"][:4]))
    if first < year and (not insured or min(insured) > first):
        return None
    return [y for y in range(first, year) if y not in insured]


def _binzhou(request: dict[str, Any], paid: date | None) -> dict[str, Any]:
    person, year = request["person"], _year(request)
    if _employed(request):
        return _answer(request, False)
    named = {"registered_poor", "destitute", "orphan", "minimum_living", "severely_disabled", "hardship_by_illness"}
    payer = "county_finance" if named & set(person["groups"]) or _age(request, paid) >= 80 else None
    missed = _binzhou_missed(request)
    born = _event(request, "birth")
    if paid is None:
        return _answer(request, True, due=_due(request, payer), missed_years=missed)
    if born and paid <= plus_months(born, 6):
        return _answer(request, True, due=_due(request, payer), benefits_from=born, missed_years=missed)
    if date(year - 1, 10, 1) <= paid <= date(year - 1, 12, 31):
        return _answer(request, True, due=_due(request, payer), benefits_from=date(year, 1, 1), missed_years=missed)
    return _answer(
        request,
        True,
        due=_due(request, payer, carries_subsidy=True),
        benefits_from=paid,
        transition_until=plus_days(paid, 90),
        inpatient_factor="0.5",
        missed_years=missed,
    )


def _window(request: dict[str, Any]) -> tuple[date, date]:
    parameters = request.get("parameters", {})
    names = ("contribution.window.opens", "contribution.window.closes")
    if any(name not in parameters for name in names):
        raise NoValue("contribution.window")
    opens, closes = (date.fromisoformat(f"{_year(request) - 1}-{parameters[name]}") for name in names)
    return opens, closes


def _panzhihua(request: dict[str, Any], paid: date | None) -> dict[str, Any]:
    person, year = request["person"], _year(request)
    if _employed(request):
        return _answer(request, False)
    due, born = _due(request, None), _event(request, "birth")
    if paid is None:
        return _answer(request, True, due=due)
    if born:
        return _answer(request, True, due=due, benefits_from=born)
    opens, closes = _window(request)
    broken = bool(person.get("insured_years", [])) and not _renewing(request)
    if opens <= paid <= closes and not broken:
        return _answer(request, True, due=due, benefits_from=date(year, 1, 1))
    if "rural_low_income" in person["groups"]:
        return _answer(request, True, due=due, benefits_from=plus_days(paid, 1))
    months = request.get("parameters", {}).get("cover.waiting_months")
    if months is None:
        raise NoValue("cover.waiting_months")
    return _answer(request, True, due=due, benefits_from=plus_days(plus_months(paid, int(months)), 1))


def _national(request: dict[str, Any], paid: date | None) -> dict[str, Any]:
    person, year = request["person"], _year(request)
    if _employed(request):
        return _answer(request, False)
    insured = [insured for insured in person.get("insured_years", []) if insured < year]
    missed = list(range(max(insured) + 1, year)) if insured else []
    due, born = _due(request, None), _event(request, "birth")
    if paid is None:
        return _answer(request, True, due=due, missed_years=missed)
    if born:
        return _answer(request, True, due=due, benefits_from=born, missed_years=missed)
    opens, closes = _window(request)
    if opens <= paid <= closes and not missed:
        return _answer(request, True, due=due, benefits_from=date(year, 1, 1), missed_years=missed)
    left = _event(request, "left_employee_insurance")
    if "medical_assistance" in person["groups"] or (left and paid <= plus_months(left, 3)):
        return _answer(request, True, due=due, benefits_from=plus_days(paid, 1), missed_years=missed)
    repaired = min(int(person.get("repaired_years", 0)), len(missed))
    months = 3 + len(missed) - repaired
    if len(missed) >= 4:
        months = max(months, 6)
    start = plus_days(plus_months(paid, months), 1)
    return _answer(request, True, due=due, benefits_from=start, missed_years=missed)


READINGS = {
    "xuzhou_2023": _xuzhou,
    "jinzhong_2017": _jinzhong,
    "binzhou_2021": _binzhou,
    "panzhihua_2023": _panzhihua,
    "national_2024": _national,
}


def open_question(request: dict[str, Any]) -> str | None:
    """Where the texts can be read in two ways, what the question is; such requests are not compared."""
    return next(chain(_open_days(request), _open_groups(request)), None)


def _open_days(request: dict[str, Any]) -> Iterator[str]:
    policy, year, paid = request["policy"], _year(request), request["paid_on"]
    born = _event(request, "birth")
    if born and born.year != year and policy != "xuzhou_2023":
        yield "a newborn's contribution for another year than the birth year"
    if paid is None and born and born.isoformat() > TERMS.get(policy, ("", "9999"))[1]:
        yield "the day that judges a question without a payment"
    if paid is None or born:
        return
    opens = "10-01" if policy in ("xuzhou_2023", "binzhou_2021") else "09-01"
    if paid < f"{year - 1}-{opens}":
        yield "paid for the year before its window opened"
    if policy == "jinzhong_2017" and paid >= f"{year}-09-01":
        yield "from 1 September the year being paid for is the next"


def _open_groups(request: dict[str, Any]) -> Iterator[str]:
    policy, groups = request["policy"], set(request["person"]["groups"])
    if policy == "national_2024" and groups & OTHER_ASSISTANCE_GROUPS:
        yield "which groups are the assistance groups of the national rule"
    if policy == "panzhihua_2023" and not groups <= {"rural_low_income", "family_planning_reward", "only_child"}:
        yield "Panzhihua sponsors hardship groups by rules outside the text"
