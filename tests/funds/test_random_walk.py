"""Whatever an office does in whatever order, no fen is lost: the auditor finds nothing at any step of a random walk."""

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest

from claims import adjudication, counters, gathering, reflow, review, withdrawing
from claims.models import Accumulator, Claim
from claims.models.accumulator import CEILINGS
from enrollment.models import Resident
from funds import auditing, settlement, statements
from funds.models import Settlement
from office.refusal import Refusal
from tests.town import Town

pytestmark = pytest.mark.django_db

State = Claim.State
STEPS = 45
COUNTING = (State.ADJUDICATED, State.APPROVED, State.SETTLED)


class Walk:
    """An office that does anything to anything."""

    def __init__(self, town: Town, lot: random.Random, approving: int) -> None:
        self.town, self.lot, self.done = town, lot, Counter[str]()
        town.books_open()
        self.patients = [town.patient(date(1980 + 30 * n, 5, 5)) for n in range(2)]
        self.hospitals = [town.hospital(word) for word in ("clinic", "county", "city")]
        self.month, self.now = 1, town.now
        self.acts = [self.arrive] * 4 + [self.approve] * approving + [
            self.refuse, self.send_back, self.ask, self.answer, self.withdraw, self.recalculate, self.end_month,
        ]  # fmt: skip

    def step(self) -> None:
        act = self.lot.choice(self.acts)
        self.now += timedelta(minutes=1)
        try:
            act()
        except (Refusal, IndexError):  # nothing there to do it to, or not from where it stands
            self.done["refused"] += 1
        else:
            self.done[act.__name__] += 1

    def _some(self, *states: str) -> Claim:
        return self.lot.choice(list(Claim.objects.filter(state__in=states or State.values).order_by("pk")))

    def arrive(self) -> None:
        benefit = self.lot.choice(["inpatient", "inpatient", "inpatient", "outpatient"])
        arrived = self.town.claim(
            self.lot.choice(self.patients),
            self.hospitals[0] if benefit == "outpatient" else self.lot.choice(self.hospitals),
            str(Decimal(self.lot.choice([9_000, 90_000, 1_200_000, 9_000_000]) + self.lot.randrange(9999)).scaleb(-2)),
            on=date(2025, self.lot.randint(1, 12), self.lot.randint(1, 28)),
            days=5,
            benefit=benefit,
            adjudicated=False,
        )
        adjudication.adjudicate([arrived.pk], at=self.now)

    def approve(self) -> None:
        review.approve(self._some(State.ADJUDICATED), by=self.town.reviewer, at=self.now)

    def refuse(self) -> None:
        review.refuse(self._some(), by=self.town.reviewer, at=self.now, message="不符")

    def send_back(self) -> None:
        review.return_to_institution(self._some(), by=self.town.reviewer, at=self.now, why="缺页")

    def ask(self) -> None:
        review.send_to_inquiry(self._some(), by=self.town.reviewer, at=self.now, why="外伤")

    def answer(self) -> None:
        told = self.lot.choice(["covered", "covered", "not_covered"])
        review.answer_inquiry(self._some(State.INQUIRY), told, by=self.town.reviewer, at=self.now, note="走访")

    def withdraw(self) -> None:
        withdrawing.withdraw(self._some(), by=self.town.manager, at=self.now, why="重复")

    def recalculate(self) -> None:
        withdrawing.recalculate(self._some(), by=self.town.manager, at=self.now, why="补录")

    def end_month(self) -> None:
        first = date(2025, self.month, 1)
        self.month = min(self.month + 1, 12)
        settlement.start(self.town.city, self.town.policy, first, by=self.town.accountant, at=self.now)
        self.town.work()
        drafts = list(Settlement.objects.filter(state="draft"))
        settlement.approve(drafts, by=self.town.rechecker, at=self.now)
        for draft in Settlement.objects.filter(state="approved"):
            settlement.pay(draft, on=first, by=self.town.accountant, at=self.now)


def hold(town: Town) -> None:
    """The auditor is content, each year is the sum of what its claims put in, ceilings hold, the books balance."""
    assert list(auditing.findings()) == []
    assert statements.trial_balance(town.city).difference == 0
    for year in Accumulator.objects.all():
        claims = Claim.objects.filter(resident=year.resident_id, year=year.year)
        counted = list(claims.filter(state__in=COUNTING))
        held = reflow.Held({}, {})
        held.learn(counted)
        assert not any(claim.added for claim in claims.exclude(state__in=(*COUNTING, State.REVERSED)))
        for name in counters.COUNTED:
            assert getattr(year, name) == sum(Decimal(held.added(claim).get(name, 0)) for claim in counted), name
        for name in CEILINGS:
            ceiling = getattr(year, f"{name}_ceiling")
            assert 0 <= getattr(year, name) <= (getattr(year, name) if ceiling is None else ceiling)
        worth = {claim.pk: held.worth(claim) for claim in counted}
        assert year.admissions == sum(claim.benefit != "outpatient" for claim in counted)
        assert year.critical_illness == sum(worth[claim.pk]["critical_illness"] for claim in counted)
        assert year.inpatient_basic == sum(worth[one.pk]["basic"] for one in counted if one.benefit != "outpatient")


def again_from_nothing(resident: Resident) -> None:
    """Working the person's year out anew in the order of care gives what everybody was paid, settled or not."""
    claims = sorted(resident.claims.filter(state__in=COUNTING), key=reflow.turn)
    if not claims:
        return
    held = reflow.Held({}, {})
    held.learn(claims)
    regulation = gathering.regulations_of("140700")[0]
    year = Accumulator(resident=resident, year=2025)
    for question in gathering.questions(claims):
        asked = question.asked
        asked.year_to_date = counters.year_to_date(year, question.outpatient_last_year)
        answer = regulation.benefit(asked)
        assert {part: getattr(answer, part) for part in reflow.PARTS} == held.worth(question.claim)
        counters.add(year, answer.year_to_date, regulation.ceilings(asked))


@pytest.mark.parametrize("seed", range(4))
def test_no_order_of_acts_loses_a_fen(town: Town, seed: int) -> None:
    approving = 3 * (seed % 2)  # in every second walk hardly anything is settled
    walk = Walk(town, random.Random(seed), approving)
    for _ in range(STEPS):
        walk.step()
        hold(town)
        for patient in walk.patients:
            again_from_nothing(patient)
    assert walk.done["arrive"] > STEPS / 10
    assert walk.done["end_month"]
