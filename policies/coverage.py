"""Month by month: which rule answers for each kind of person, level of institution and benefit, or which named gap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from policies.days import add_months
from policies.regulation import Regulation
from policies.shapes import Care, Claim, Cover, Institution, Line, MajorDisease, Person

PEOPLE: dict[str, tuple[int, frozenset[str]]] = {
    "新生儿": (0, frozenset()),
    "14岁儿童": (14, frozenset()),
    "贫困家庭儿童": (10, frozenset({"poor_family_child"})),
    "成年人": (40, frozenset()),
    "医疗救助对象": (40, frozenset({"medical_assistance"})),
    "70岁老人": (70, frozenset()),
    "80岁老人": (80, frozenset()),
}
INSTITUTIONS: dict[str, Institution] = {
    "无级别": Institution(designated=True, level=0, affiliation="township", location="in_city"),
    "一级": Institution(designated=True, level=1, affiliation="township", location="in_city"),
    "二级": Institution(designated=True, level=2, affiliation="county", location="in_city", grade="A", beds=300),
    "三级": Institution(designated=True, level=3, affiliation="city", location="in_city", grade="A", beds=900),
}
BENEFITS = ("inpatient", "outpatient", "delivery", "major_disease")


class Standing(NamedTuple):
    """What holds in one month: the article that decides (paid or refused), or the gap that is named."""

    month: date
    person: str
    institution: str
    benefit: str
    status: str
    article: str
    gap: str


def walk(regulation: Regulation, first: date, last: date) -> Iterator[Standing]:
    """Ask the regulation itself on the first day of every month between the two, for every kind of case."""
    month = first.replace(day=1)
    while month <= last:
        for person in PEOPLE:
            for institution in INSTITUTIONS:
                for benefit in BENEFITS:
                    yield _standing(regulation, month, person, institution, benefit)
        month = add_months(month, 1)


def _standing(regulation: Regulation, month: date, person: str, institution: str, benefit: str) -> Standing:
    years, groups = PEOPLE[person]
    claim = Claim(
        benefit=benefit,
        person=Person(add_months(month, -12 * years), groups),
        cover=Cover(date(month.year, 1, 1), date(month.year, 12, 31)),
        institution=INSTITUTIONS[institution],
        care=Care(month, month, delivery="normal", major_disease=MajorDisease(1, Decimal("30000.00"), True)),
        lines=(Line("西药费", "drug", "A", Decimal("1000.00")),),
    )
    answer = regulation.benefit(claim)
    if answer.status == "no_rule":
        return Standing(month, person, institution, benefit, answer.status, "", answer.reasons[0].message)
    paying = ("统筹按比例", "门诊按比例", "基金支付", "自然分娩支付", "住院分娩定额支付")
    decided = [step.article for step in answer.steps if step.what in paying] or [answer.reasons[0].article]
    return Standing(month, person, institution, benefit, answer.status, decided[0], "")
