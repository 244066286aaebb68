"""Working out what is paid: gather a set of claims once, let the regulations decide each, record them all.

A person's year is worked out in the order of care, whatever the order of arrival: what comes in early, or goes out
late, moves everything of that year after it. What is settled by then keeps its amounts and gets a difference.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from claims import counters, lifecycle, reflow
from claims.gathering import Lines, Question, as_asked, questions
from claims.models import Accumulator, Adjustment, Claim, ClaimLine
from office import audit, bulk
from office.models import Staff
from policies import shapes
from policies.outcome import unpaid
from policies.worksheet import Step

State = Claim.State

WAITING = (State.RECEIVED, State.PARKED)
AMOUNTS = (
    "hospital_borne", "out_of_scope", "over_ceiling", "first_share", "in_scope", "deductible", "ratio", "basic",
    "compliant_personal", "critical_illness", "assistance", "charity", "personal",
)  # fmt: skip
_WRITTEN = (*AMOUNTS, "policy", "reasons", "worksheet", "added", "adjudicated_at")
_STATE_OF = {
    "payable": State.ADJUDICATED,
    "pending": State.INQUIRY,
    "refused": State.REFUSED,
    "no_rule": State.PARKED,
}
_MOVED = "同年度在前的费用有变动，重新核算"
Answer = shapes.Benefit


@dataclass(slots=True)
class _Decision:
    """What the regulation answers to a claim now, and what the claim adds to its year by it."""

    question: Question
    answer: Answer
    added: counters.Added

    @property
    def claim(self) -> Claim:
        return self.question.claim

    @property
    def state(self) -> str:
        return _STATE_OF[self.answer.status]


def adjudicate(claim_ids: Iterable[int], *, at: datetime, by: Staff | None = None) -> Counter[str]:
    """Work out the received and parked claims among these ids; answers how many of them now stand in which state.

    The counters of every resident and year are locked first; a person's claims follow one another in the order of
    discharge and each counts in the year of its discharge [JZ15.4]. Payable claims wait for review, refused ones keep
    the article, claims that wait for an inquiry count in no year until it is answered, and where no rule applies the
    claim is parked with the reason. Claims of the year that stand after one of them are worked out again. The number
    of queries is the same for one claim and for hundreds; beyond that only the bulk writes are cut where the database
    limits the parameters of a statement.
    """
    ids = list(claim_ids)
    with transaction.atomic():
        year = reflow.hold(Claim.objects.filter(pk__in=ids))
        claims = list(
            Claim.objects.select_for_update(of=("self",))
            .filter(pk__in=ids, state__in=WAITING)
            .select_related("resident__area", "institution")
            .defer("resident__id_number")
            .order_by("pk")
        )
        if not claims:
            return Counter()
        outcome = flow(claims, year, at=at, by=by)
        audit.record(by, "claims.adjudicate", f"claims:{len(claims)}", dict(outcome), at=at, area=None)
    return outcome


def enter(
    claims: Sequence[Claim],
    lines: Sequence[Sequence[ClaimLine]],
    *,
    at: datetime,
    by: Staff | None,
    year: reflow.Held | None = None,
) -> Counter[str]:
    """Work out claims that are not written yet, and write each once, as it then stands, with its lines and its move.

    What `adjudicate` does to claims that were received before; for those that are decided as they come, at a fraction
    of the statements. Residents come loaded with their areas; `year` is given where their years are held already. A
    number that is taken raises IntegrityError.
    """
    if not claims:
        return Counter()
    with transaction.atomic(savepoint=False):
        year = year or reflow.hold_new(claims)
        keys = bulk.fresh_keys(Claim, len(claims)) if len(claims) > 1 else [-1]
        told: dict[int, list[shapes.Line]] = defaultdict(list)
        for claim, key, fees in zip(claims, keys, lines, strict=True):
            claim.pk = key
            told[key] = [as_asked(line) for line in fees]
        standing = reflow.after(year)
        new = set(keys)
        decisions = _decide(sorted([*claims, *standing], key=reflow.turn), year, told)
        again = [decision for decision in decisions if decision.claim.pk not in new]
        states = {decision.claim.pk: decision.state for decision in decisions}
        fees_of = dict(zip(keys, lines, strict=True))
        for decision in decisions:
            if decision.claim.pk in new:
                _write(decision, at)
                _cite(decision, fees_of[decision.claim.pk])
        lifecycle.enter(claims, [states[key] for key in keys], lines, by=by, at=at)
        _correct(again, year, at=at, by=by)
        counters.keep(year.counters.values())
        outcome = Counter(states[key] for key in keys)
        first = claims[0] if len(claims) == 1 else f"claims:{len(claims)}"
        audit.record(by, "claims.enter", first, dict(outcome), at=at)
    return outcome


def flow(waiting: Sequence[Claim], year: reflow.Held, *, at: datetime, by: Staff | None) -> Counter[str]:
    """Work out what waits, and anew what stands after it in the held years; all in the order of care.

    A claim that was not settled takes its new amounts, and is reviewed again where it had been; a settled one keeps
    them and gets an adjustment, a further payment to the person or a recovery. Answers where the waiting ones stand.
    """
    standing = reflow.after(year)
    new = {claim.pk for claim in waiting}
    decisions = _decide(sorted([*waiting, *standing], key=reflow.turn), year)
    fresh = [decision for decision in decisions if decision.claim.pk in new]
    again = [decision for decision in decisions if decision.claim.pk not in new]
    _record(fresh, at=at, by=by)
    _correct(again, year, at=at, by=by)
    counters.keep(year.counters.values())
    return Counter(decision.state for decision in fresh)


def _decide(claims: Sequence[Claim], year: reflow.Held, lines: Lines | None = None) -> list[_Decision]:
    """Ask the regulation about one claim after another, each with what the year holds after those before it.

    `lines` are those of claims that are not written yet; of the others they are read.
    """
    decisions = []
    for question in questions(claims, lines) if claims else ():
        claim, asked = question.claim, question.asked
        counter = year.counters[claim.resident_id, claim.year]
        asked.year_to_date = counters.year_to_date(counter, question.outpatient_last_year)
        answer, added = _ask(question, counter)
        if question.catalogue is not None and answer.status in ("payable", "pending"):
            answer.reasons = (*answer.reasons, *question.catalogue.reasons)
        decisions.append(_Decision(question, answer, added))
    return decisions


def _ask(question: Question, counter: Accumulator) -> tuple[Answer, counters.Added]:
    """The regulation's answer, and the year brought on by it."""
    asked, regulation = question.asked, question.regulation
    if question.missing or regulation is None:
        return unpaid(asked, "no_rule", shapes.Reason("", question.missing)), {}
    try:
        answer = regulation.benefit(asked)
    except shapes.NotUnderstood as lacking:
        return unpaid(asked, "no_rule", shapes.Reason("", f"{lacking.message}（{lacking.field}）")), {}
    if answer.status != "payable":
        return answer, {}
    return answer, counters.add(counter, answer.year_to_date, regulation.ceilings(asked))


def _record(decisions: Sequence[_Decision], *, at: datetime, by: Staff | None) -> None:
    """Put answers on claims that may still change, and move each to where its answer leads."""
    for decision in decisions:
        _write(decision, at)
    Claim.objects.bulk_create(
        [decision.claim for decision in decisions],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=list(_WRITTEN),
        batch_size=500,
    )
    _keep_cited(decisions)
    leading: defaultdict[str, list[Claim]] = defaultdict(list)
    for decision in decisions:
        if decision.claim.state != decision.state:
            leading[decision.state].append(decision.claim)
    for state, group in leading.items():
        lifecycle.move(group, state, by=by, at=at)


def _write(decision: _Decision, at: datetime) -> None:
    """Put the answer on the claim with the worksheet from which anybody can redo the sum."""
    claim, regulation = decision.claim, decision.question.regulation
    for name in AMOUNTS:
        setattr(claim, name, getattr(decision.answer, name))
    claim.policy = regulation.code if regulation else ""
    claim.reasons = as_reasons(decision.answer.reasons)
    claim.worksheet = as_steps(decision.answer.steps)
    claim.added = decision.added
    claim.adjudicated_at = at


def _cite(decision: _Decision, fees: Sequence[ClaimLine]) -> None:
    """Put beside each line the row of the catalogue that decided about it."""
    judged = decision.question.catalogue
    if judged is not None:
        for line, used in zip(fees, judged.used, strict=True):
            line.catalogue_id = used


def _keep_cited(decisions: Sequence[_Decision]) -> None:
    """The same for claims whose lines are written already; nothing where no line has a code."""
    coded = {decision.claim.pk: decision for decision in decisions if decision.question.catalogue is not None}
    if not coded:
        return
    stood: defaultdict[int, list[ClaimLine]] = defaultdict(list)
    for line in ClaimLine.objects.filter(claim__in=coded).only("claim", "catalogue").order_by("claim", "number"):
        stood[line.claim_id].append(line)
    before = {line.pk: line.catalogue_id for fees in stood.values() for line in fees}
    for pk, fees in stood.items():
        _cite(coded[pk], fees)
    moved = [line for fees in stood.values() for line in fees if line.catalogue_id != before[line.pk]]
    bulk.change(ClaimLine, ["catalogue_id"], [(line.pk, line.catalogue_id) for line in moved])


def _correct(decisions: Sequence[_Decision], year: reflow.Held, *, at: datetime, by: Staff | None) -> None:
    """Let claims that stood follow what moved before them in their year."""
    settled = [decision for decision in decisions if decision.claim.state == State.SETTLED]
    Adjustment.objects.bulk_create(
        made for decision in settled if (made := _difference(decision, year, at, by)) is not None
    )
    open_ = [decision for decision in decisions if decision.claim.state != State.SETTLED]
    moved = [decision for decision in open_ if not _same(decision)]
    quiet = [decision for decision in open_ if _same(decision)]
    if not decisions:
        return
    lifecycle.move(
        [decision.claim for decision in moved], State.RECEIVED, by=by, at=at, why=_MOVED,
        reviewed_by=None, reviewed_at=None, review_note="",
    )  # fmt: skip
    _record(moved, at=at, by=by)
    # The sum is the same, so what was reviewed stands; only the way to it, and to the year, is told anew.
    for decision in quiet:
        decision.claim.added = decision.added
        decision.claim.worksheet = as_steps(decision.answer.steps)
    if quiet:
        Claim.objects.bulk_create(
            [decision.claim for decision in quiet],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["added", "worksheet"],
            batch_size=500,
        )
        _keep_cited(quiet)


def _same(decision: _Decision) -> bool:
    """Whether a claim that was worked out before stands where the regulation would put it now."""
    claim, answer = decision.claim, decision.answer
    stands = State.ADJUDICATED if claim.state == State.APPROVED else claim.state
    return (
        stands == decision.state
        and all(getattr(claim, name) == getattr(answer, name) for name in AMOUNTS)
        and claim.reasons == as_reasons(answer.reasons)
    )


def _difference(decision: _Decision, year: reflow.Held, at: datetime, by: Staff | None) -> Adjustment | None:
    """What a settled claim is worth now beyond what it was settled and adjusted with; None where nothing moved."""
    claim, answer = decision.claim, decision.answer
    stood = year.worth(claim)
    now = {name: getattr(answer, name) for name in reflow.PARTS}
    if now == stood and decision.added == year.added(claim):
        return None
    return Adjustment(
        claim=claim,
        payee=Adjustment.Payee.RESIDENT,
        why=_MOVED,
        reasons=as_reasons(answer.reasons),
        worksheet=as_steps(answer.steps),
        added=decision.added,
        made_by=by,
        made_at=at,
        **{name: now[name] - stood[name] for name in reflow.PARTS},
    )


def as_reasons(reasons: Iterable[shapes.Reason]) -> list[dict[str, str]]:
    """Reasons as a claim keeps them."""
    return [{"article": reason.article, "message": reason.message} for reason in reasons]


def as_steps(steps: Iterable[Step]) -> list[dict[str, str]]:
    """The worksheet as a claim or a settlement keeps it."""
    return [{"article": step.article, "what": step.what, "amount": str(step.amount), "how": step.how} for step in steps]
