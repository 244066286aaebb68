"""Where each kind of person registers and which papers are checked there, as the texts say it."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any, NamedTuple

from policies import covering, shelf
from policies.regulation import load
from policies.rules import Rules, UnknownParameter

# What a list of papers may be asked for: the ground of joining, an event of the person, a standing.
GROUNDS, EVENTS, GROUPS = "grounds", "events", "groups"


class Asked(NamedTuple):
    """What one ground, event or standing asks for: the counter, whose address decides, and papers of which each is a
    choice of kinds ("id_card or birth_certificate")."""

    code: str
    article: str
    where: str
    belongs: str
    papers: tuple[tuple[str, ...], ...]


class InsuredArea(NamedTuple):
    """An insured area (参保地) with the article that draws it."""

    name: str
    article: str


class Deadline(NamedTuple):
    """A last day and its article."""

    day: date
    article: str


def of_city(region: str) -> str:
    """The code of the regulation of the city with this GB/T 2260 code; empty where none stands on the shelf."""
    return next((code for code in shelf.codes() if shelf.regulation(code).region == region), "")


@cache
def _page(code: str) -> dict[str, Any]:
    path = shelf.regulation(code).folder / "joining.yaml"
    page: dict[str, Any] = load(path) if path.exists() else {}
    return page


def asked(code: str, part: str, on: date) -> dict[str, Asked]:
    """What this part of the text (grounds, events, groups) asks for on that day, by code; nothing where silent."""
    found = {}
    for name, kept in _page(code).get(part, {}).items():
        since = max((day for day in kept["days"] if date.fromisoformat(day) <= on), default=None)
        if since is not None:
            told = kept["days"][since]
            papers = tuple(tuple(choice.split(" or ")) for choice in told["papers"])
            found[name] = Asked(name, told["article"], told.get("where", ""), told.get("belongs", ""), papers)
    return found


def insured_area(code: str, county: str) -> InsuredArea | None:
    """The insured area in which a county lies; None where the text draws none of its own."""
    drawn = _page(code).get("insured_areas", {})
    for name, counties in drawn.get("areas", {}).items():
        if county in counties:
            return InsuredArea(name, drawn["article"])
    return None


def school_deadline(year: int, rules: Rules) -> Deadline | None:
    """The last day on which a school pays for its university students for the year; None where the text names none."""
    try:
        closes = rules.text("contribution.school.closes")
    except UnknownParameter:
        return None
    return Deadline(covering.falls(closes.value, year - 1), closes.article)
