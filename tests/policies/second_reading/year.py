"""What one decided claim adds to the year of a person, read a second time, and years of several claims to add up."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

from tests.policies.second_reading import claim, requests

D = Decimal
SUMS = ("basic", "inpatient_basic", "outpatient_basic", "outpatient_in_scope", "compliant_personal", "critical_illness")
COUNTS = ("admissions", "admissions_level_2_3")


def after(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, str | int]:
    """The year to date once this claim is decided; a claim that is not paid leaves it as it was."""
    before = request["year_to_date"]
    sums = {name: D(before.get(name, "0")) for name in SUMS}
    counts = {name: int(before.get(name, 0)) for name in COUNTS}
    if answer["status"] == "payable":
        benefit, basic = request["benefit"], D(answer["basic"])
        stay = benefit == "inpatient" or (benefit == "delivery" and request["care"]["delivery"] != "normal")
        sums["basic"] += basic
        if stay:
            sums["inpatient_basic"] += basic
        if benefit == "outpatient":
            sums["outpatient_basic"] += basic
            sums["outpatient_in_scope"] += D(answer["in_scope"])
        else:
            counts["admissions"] += 1
            counts["admissions_level_2_3"] += _counts_as(request) >= 2
        if stay or benefit == "major_disease":
            sums["compliant_personal"] += D(answer["compliant_personal"])
            sums["critical_illness"] += D(answer["critical_illness"])
    return {**counts, **{name: f"{amount:.2f}" for name, amount in sums.items()}}


def _counts_as(request: dict[str, Any]) -> int:
    """The level as which a hospital counts: in Binzhou beds and places outside the city have a say."""
    place = request["institution"]
    if request["policy"] == "binzhou_2021":
        if place["location"] != "in_city" and request["care"]["filing"] != "resident":
            return 3
        if place["ownership"] == "private":
            return 2 if place["beds"] <= 200 else 3
    return int(place["level"])


def years(count: int, seed: int) -> Iterator[list[dict[str, Any]]]:
    """Several claims of one person in one city, in the order in which they are decided; nothing in them is open."""
    draw = Random(f"year {seed}")
    for _ in range(count):
        first = requests.claim(draw)
        same = (requests.claim(draw) for _ in range(60))
        chosen = [one for one in (first, *same) if one["policy"] == first["policy"] and not claim.open_question(one)]
        for one in chosen:
            one["parameters"], one["person"] = dict(first["parameters"]), first["person"]
            if one["parameters"].get("out_of_area.unfiled_points") == "0.10":
                one["parameters"]["out_of_area.unfiled_points"] = "10"
        yield [one for one in chosen if not claim.open_question(one)]
