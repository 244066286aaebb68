"""Who lives in the demo city: parents, children and grandparents, drawn by lot and the same every time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

import yaml

from demo.city import DATA
from office import identity

NAMES: Final[dict[str, Any]] = yaml.safe_load((DATA / "names.yaml").read_text(encoding="utf-8"))
TODAY: Final = date(2025, 1, 1)
SEX: Final = {"1": "男", "2": "女"}
HEAD: Final = "户主"


@dataclass(slots=True)
class Person:
    """Somebody as the village writes them into its roster."""

    name: str
    number: str
    sex: str
    birth_on: date
    relation: str
    insured_through: int | None
    phone: str = ""


class Drawer:
    """Draws people from the lots of a city; no name of a story and no identity number comes twice."""

    def __init__(self, lots: Random, kept: frozenset[str]) -> None:
        self.lots = lots
        self._names = set(kept)
        self._numbers: set[str] = set()
        self._rare = list(NAMES["rare_names"])

    def number(self, county: str, birth: date, sex: str) -> str:
        """A new identity number of this county, birthday and sex, with its check character (GB 11643)."""
        while True:
            order = self.lots.randrange(1, 500) * 2 - (1 if sex == "1" else 0)
            seventeen = f"{county}{birth:%Y%m%d}{order % 1000:03}"
            if seventeen not in self._numbers:
                self._numbers.add(seventeen)
                return seventeen + identity.check_character(seventeen)

    def surname(self) -> str:
        return self.lots.choice(NAMES["surnames"])

    def name(self, surname: str, sex: str, birth: date) -> str:
        """A full name in the fashion of the year of birth."""
        if self._rare and self.lots.random() < 0.004:
            return str(self._rare.pop())
        fashions = NAMES["men" if sex == "1" else "women"]
        first, second = fashions[max(year for year in fashions if year <= max(1920, birth.year))]
        while True:
            given = self.lots.choice(first)
            if self.lots.random() < 0.85:
                given += self.lots.choice(second)
            name = surname + given
            # Stories are found by their names; namesakes of others are as common here as anywhere.
            if name not in self._names and len(set(name)) == len(name):
                return name

    def person(self, county: str, surname: str, sex: str, age: int, relation: str) -> Person:
        """Somebody of about this age on 1 January 2025."""
        birth = date(TODAY.year - 1 - age, 1, 1) + timedelta(days=self.lots.randrange(365))
        newcomer = self.lots.random()
        insured = 2024 if newcomer > 0.09 or age < 3 else (2022 if newcomer > 0.06 else None)
        phone = f"199{self.lots.randrange(10**8):08}" if relation == HEAD else ""
        number = self.number(county, birth, sex)
        return Person(self.name(surname, sex, birth), number, sex, birth, relation, insured, phone)

    def family(self, county: str) -> list[Person]:
        """A household, its head first: a couple with or without children, three generations, or old people alone."""
        draw = self.lots.randint
        surname, kind = self.surname(), self.lots.random()
        if kind < 0.10:
            sex = self.lots.choice("12")
            return [self.person(county, surname, sex, draw(58, 90), HEAD)]
        if kind < 0.30:
            age = draw(58, 84)
            return self._couple(county, surname, age)
        age = draw(28, 54)
        people = self._couple(county, surname, age)
        for _child in range(self.lots.choice((0, 1, 1, 2, 2))):
            sex, years = self.lots.choice("12"), max(2, age - draw(23, 32))
            if years < 26:
                people.append(self.person(county, surname, sex, years, "子" if sex == "1" else "女"))
        if kind > 0.70:
            old = min(92, age + draw(23, 30))
            people.append(self.person(county, surname, "1", old, "父"))
            if self.lots.random() < 0.75:
                people.append(self.person(county, self.surname(), "2", max(46, old - draw(0, 4)), "母"))
        return people

    def _couple(self, county: str, surname: str, age: int) -> list[Person]:
        wife = max(22, age - self.lots.randint(-2, 5))
        return [
            self.person(county, surname, "1", age, HEAD),
            self.person(county, self.surname(), "2", wife, "配偶"),
        ]

    def village(self, county: str, heads: int) -> Iterator[list[Person]]:
        """Families until the village has at least so many people."""
        living = 0
        while living < heads:
            family = self.family(county)
            living += len(family)
            yield family


def roster(families: list[list[Person]], road: Random) -> list[dict[str, str]]:
    """The rows of a village's roster, every household under the number of its head."""
    rows = []
    for family in families:
        address = f"{road.choice(NAMES['roads'])}{road.randint(1, 120)}号"
        for person in family:
            rows.append(
                {
                    "姓名": person.name,
                    "证件号码": person.number,
                    "性别": SEX[person.sex],
                    "出生日期": person.birth_on.isoformat(),
                    "户主证件号码": family[0].number,
                    "与户主关系": person.relation,
                    "电话": person.phone,
                    "住址": address,
                    "上次参保年度": str(person.insured_through or ""),
                }
            )
    return rows
