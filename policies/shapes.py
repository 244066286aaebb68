"""The questions and answers about care: a claim as it is asked, a benefit as it is worked out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from policies.money import ZERO
from policies.worksheet import Step, Worksheet


class NotUnderstood(ValueError):
    """A question that cannot be read; `field` is the path of what is wrong, `message` says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(slots=True)
class Person:
    """Who was treated; `groups` are the group codes of the contract."""

    birth_date: date
    groups: frozenset[str] = frozenset()


@dataclass(slots=True)
class Cover:
    """First and last day of cover, and the last day of a transition in which benefits are lowered."""

    since: date
    until: date
    transition_until: date | None = None


@dataclass(slots=True)
class Institution:
    """Where care was given, as it stood on the day of admission."""

    designated: bool
    level: int
    affiliation: str
    location: str
    grade: str | None = None
    ownership: str = "public"
    beds: int | None = None
    chinese_medicine: bool = False
    contracted: bool = True


@dataclass(slots=True)
class MajorDisease:
    """A disease paid per case: its class (1 or 2), the quota in yuan, and whether the hospital is a named one."""

    klass: int
    quota: Decimal
    named_hospital: bool


@dataclass(slots=True)
class Care:
    """One course of care; outpatient care has one day."""

    admitted: date
    discharged: date
    emergency: bool = False
    filing: str = "none"
    cause: str = "illness"
    inquiry: str | None = None
    delivery: str | None = None
    major_disease: MajorDisease | None = None
    inside_stay: bool = False


@dataclass(slots=True)
class YearToDate:
    """What the person has used of the year before (or after) this care, in yuan and admissions."""

    admissions: int = 0
    admissions_level_2_3: int = 0
    basic: Decimal = ZERO
    inpatient_basic: Decimal = ZERO
    outpatient_basic: Decimal = ZERO
    outpatient_in_scope: Decimal = ZERO
    compliant_personal: Decimal = ZERO
    critical_illness: Decimal = ZERO
    outpatient_last_year: bool = True


@dataclass(slots=True)
class Line:
    """One line of the bill: catalogue class A, B or C, the item's own first share, price ceiling, day of care."""

    item: str
    kind: str
    klass: str
    amount: Decimal
    first_share: Decimal | None = None
    ceiling: Decimal | None = None
    date: date | None = None
    informed: bool = True
    # The national code and the units billed; `cited` says which row of a catalogue class, share and ceiling are from.
    code: str = ""
    quantity: Decimal | None = None
    cited: str = ""

    @property
    def named(self) -> str:
        """The item as a worksheet names it, with the catalogue that decided about it."""
        return f"{self.item}（{self.cited}）" if self.cited else self.item


@dataclass(slots=True)
class Claim:
    """The question: what is paid for this course of care (inpatient, outpatient, delivery, major_disease)."""

    benefit: str
    person: Person
    cover: Cover | None
    institution: Institution
    care: Care
    lines: tuple[Line, ...]
    year_to_date: YearToDate = field(default_factory=YearToDate)


@dataclass(slots=True)
class Reason:
    """Why the answer is not simply yes: the article (or the document) and a sentence for the clerk."""

    article: str
    message: str


@dataclass(slots=True)
class Benefit:
    """The answer: what becomes of every yuan of the bill, with the worksheet and the year's counters after it."""

    status: str
    total: Decimal
    hospital_borne: Decimal
    out_of_scope: Decimal
    over_ceiling: Decimal
    first_share: Decimal
    in_scope: Decimal
    deductible: Decimal
    ratio: Decimal | None
    basic: Decimal
    compliant_personal: Decimal
    critical_illness: Decimal
    assistance: Decimal
    charity: Decimal
    personal: Decimal
    reasons: tuple[Reason, ...]
    sheet: Worksheet
    year_to_date: YearToDate

    @property
    def steps(self) -> tuple[Step, ...]:
        """The worksheet as people read it."""
        return self.sheet.steps()
