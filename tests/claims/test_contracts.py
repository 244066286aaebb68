"""An agreement's way: applied for, assessed, published, signed, suspended, resumed, appraised, ended; always by two."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from claims import admission, contract_acts, contract_moves, institution_codes, institutions
from claims.models import (
    Agreement,
    Application,
    Appraisal,
    Assessment,
    ContractAct,
    ContractMove,
    Institution,
    Suspension,
)
from tests.town import Town

pytestmark = pytest.mark.django_db

TERMS: dict[str, Any] = {
    "number": "XY-2025-1", "since": date(2025, 4, 1), "until": date(2026, 12, 31), "method": "fee_for_service",
    "also": ["per_disease"], "deposit_rate": Decimal("0.05"), "year_budget": Decimal("1000000.00"),
}  # fmt: skip


def _act(town: Town, hospital: Institution, kind: str, *, agreement: Any = None, application: Any = None, days: int = 0,
         **terms: Any) -> ContractAct:  # fmt: skip
    """Put forward by the manager and confirmed by the rechecker, so many days after the town's today."""
    at = town.now + timedelta(days=days)
    act = contract_acts.propose(
        hospital, kind, terms, by=town.manager, at=at, why="原因", agreement=agreement, application=application
    )
    return contract_acts.confirm(act, by=town.rechecker, at=at)


def _published(town: Town, hospital: Institution) -> Application:
    """An application that two people found fit and that was published for a week from today."""
    made = admission.apply_for(hospital, town.today, "许可证", by=town.manager, at=town.now)
    for who in (town.reviewer, town.rechecker):
        admission.assess(made, town.today, Decimal(92), True, "符合条件", by=who, at=town.now)
    admission.publish(made, town.today, town.today + timedelta(days=6), by=town.manager, at=town.now)
    return made


@pytest.mark.article("PZ16", "XZ27", "JZ20")
def test_from_the_application_to_the_designated_list(town: Town) -> None:
    hospital = town.hospital(agreed=False)
    with pytest.raises(contract_acts.CannotAct, match="须先申请定点"):
        _act(town, hospital, "sign", **TERMS)
    made = _published(town, hospital)
    with pytest.raises(contract_acts.CannotAct, match="届满"):  # on the last day of the publication
        _act(town, hospital, "sign", application=made, days=6, **TERMS)
    act = _act(town, hospital, "sign", application=made, days=7, **TERMS)
    assert act.agreement is not None and act.agreement.also == ["per_disease"]
    days = (date(2025, 3, 31), date(2025, 4, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [institutions.designated_on(day).exists() for day in days] == [False, True, True, False]
    made.refresh_from_db()
    assert made.state == "signed"
    moves = ContractMove.objects.values_list("before", "after")
    assert list(moves) == [
        ("", "applied"), ("applied", "assessed"), ("assessed", "published"), ("", "in_force"), ("published", "signed"),
    ]  # fmt: skip
    assert all(move.checked_by for move in ContractMove.objects.filter(after__in=("in_force", "signed", "assessed")))


@pytest.mark.article("PZ16")
def test_an_applicant_is_assessed_by_two_others_and_one_no_is_enough(town: Town) -> None:
    made = admission.apply_for(town.hospital(agreed=False), town.today, "许可证", by=town.manager, at=town.now)
    told = (made, town.today, Decimal(70), True, "意见")
    with pytest.raises(admission.CannotAdmit, match="受理人"):
        admission.assess(*told, by=town.manager, at=town.now)
    admission.assess(*told, by=town.reviewer, at=town.now)
    with pytest.raises(admission.CannotAdmit, match="另一人"):
        admission.assess(*told, by=town.reviewer, at=town.now)
    with pytest.raises(contract_moves.CannotMove):  # not yet assessed by two
        admission.publish(made, town.today, town.today, by=town.manager, at=town.now)
    admission.assess(made, town.today, Decimal(40), False, "信息系统不达标", by=town.rechecker, at=town.now)
    made.refresh_from_db()
    assert made.state == "refused"
    with pytest.raises(contract_moves.CannotMove, match="不予定点"):
        admission.publish(made, town.today, town.today, by=town.manager, at=town.now)


@pytest.mark.article("BZ24")
def test_care_on_suspended_days_is_not_designated_and_the_days_beside_them_are(town: Town) -> None:
    hospital = town.hospital()
    agreement = hospital.agreements.get()
    first, last = town.today + timedelta(days=5), town.today + timedelta(days=9)
    _act(town, hospital, "suspend", agreement=agreement, since=first, until=last)
    one = timedelta(days=1)
    days = (first - one, first, last, last + one)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        standing = institutions.Standing([hospital.pk])
        assert [standing.designated(hospital.pk, day) for day in days] == [True, False, False, True]
    assert len(asked) == 1
    assert standing.facts(hospital.pk, first).level == 2  # type: ignore[union-attr]
    assert [institutions.designated_on(day).exists() for day in days] == [True, False, False, True]
    claim = town.claim(town.patient(), hospital, on=first + one, days=1)
    assert claim.basic == 0 and claim.state in ("refused", "inquiry")
    urgent = town.claim(town.patient(), hospital, on=first + one, days=1, emergency=True)
    assert urgent.basic > 0


@pytest.mark.article("BZ24")
def test_an_open_suspension_lasts_until_it_is_resumed_and_does_not_reach_the_next_agreement(town: Town) -> None:
    hospital = town.hospital()
    agreement = hospital.agreements.get()
    _act(town, hospital, "suspend", agreement=agreement, since=town.today)
    later = institutions.sign(hospital, "XY-later", date(2028, 1, 1), date(2028, 12, 31), by=town.manager, at=town.now)
    days = (town.today, date(2027, 12, 31), date(2028, 1, 1))
    standing = institutions.Standing([hospital.pk])
    assert [standing.designated(hospital.pk, day) for day in days] == [False, False, True]
    assert [institutions.designated_on(day).exists() for day in days] == [False, False, True]
    with pytest.raises(contract_acts.CannotAct, match="已过"):
        _act(town, hospital, "resume", agreement=agreement, on=town.today - timedelta(days=1))
    with pytest.raises(contract_acts.CannotAct, match="并未暂停"):
        _act(town, hospital, "resume", agreement=later, on=date(2028, 6, 1))
    back = town.today + timedelta(days=3)
    _act(town, hospital, "resume", agreement=agreement, on=back)
    standing = institutions.Standing([hospital.pk])
    assert [standing.designated(hospital.pk, back + timedelta(days=n)) for n in (-1, 0)] == [False, True]


@pytest.mark.article("JZ20")
def test_an_agreement_ends_with_notice_and_recovery_by_two(town: Town) -> None:
    hospital = town.hospital()
    agreement = hospital.agreements.get()
    told = {"on": town.today, "reason": "fraud", "notice_on": town.today}
    with pytest.raises(contract_acts.CannotAct, match="追回金额"):
        _act(town, hospital, "end", agreement=agreement, **told)
    with pytest.raises(contract_acts.CannotAct, match="已过"):
        _act(town, hospital, "end", agreement=agreement, days=1, recover=Decimal(1), **told)
    act = contract_acts.propose(
        hospital, "end", {**told, "recover": Decimal("5000.00")}, by=town.manager, at=town.now, why="骗保",
        agreement=agreement,
    )  # fmt: skip
    assert Agreement.objects.get(pk=agreement.pk).ended_on is None  # nothing holds before the second person
    with pytest.raises(contract_acts.CannotAct, match="另一人"):
        contract_acts.confirm(act, by=town.manager, at=town.now)
    with pytest.raises(contract_acts.CannotAct, match="等待复核"):
        contract_acts.propose(hospital, "suspend", {"since": town.today}, by=town.manager, at=town.now, why="又",
                              agreement=agreement)  # fmt: skip
    contract_acts.confirm(act, by=town.rechecker, at=town.now)
    agreement.refresh_from_db()
    assert (agreement.ended_on, agreement.recover) == (town.today, Decimal("5000.00"))
    assert not institutions.designated_on(town.today + timedelta(days=1)).exists()
    with pytest.raises(contract_acts.CannotAct, match="已办结"):
        contract_acts.confirm(act, by=town.rechecker, at=town.now)
    with pytest.raises(contract_acts.CannotAct, match="须先申请"):  # whoever was ended applies anew
        _act(town, hospital, "sign", **TERMS)


@pytest.mark.article("JZ22.2", "BZ24")
def test_a_year_is_appraised_once(town: Town) -> None:
    hospital = town.hospital()
    agreement = hospital.agreements.get()
    told = {"year": 2024, "score": Decimal("88.5"), "coefficient": Decimal("0.9")}
    for wrong in ({"year": 2023}, {"year": 2026}, {"score": Decimal(101)}, {"coefficient": Decimal("1.01")}):
        with pytest.raises(contract_acts.CannotAct):
            _act(town, hospital, "appraise", agreement=agreement, **{**told, **wrong})
    _act(town, hospital, "appraise", agreement=agreement, **told)
    assert Appraisal.objects.get().coefficient == Decimal("0.9")
    with pytest.raises(contract_acts.CannotAct, match="已考核"):
        _act(town, hospital, "appraise", agreement=agreement, **told)


def test_a_refused_act_changes_nothing(town: Town) -> None:
    hospital = town.hospital()
    act = contract_acts.propose(
        hospital, "suspend", {"since": town.today}, by=town.manager, at=town.now, why="抽查",
        agreement=hospital.agreements.get(),
    )  # fmt: skip
    with pytest.raises(contract_acts.CannotAct, match="原因"):
        contract_acts.refuse(act, by=town.rechecker, at=town.now, answer=" ")
    contract_acts.refuse(act, by=town.rechecker, at=town.now, answer="证据不足")
    assert not Suspension.objects.exists() and institutions.designated_on(town.today).exists()


def _refused(sql: str, *values: object, says: str = "") -> None:
    with pytest.raises(DatabaseError, match=says), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_the_database_keeps_the_way_of_an_agreement(town: Town) -> None:
    applicant, hospital = town.hospital("clinic", agreed=False), town.hospital()
    made = _published(town, applicant)
    agreement = hospital.agreements.get()
    told = {"since": town.today, "until": town.today + timedelta(days=3)}
    act = _act(town, hospital, "suspend", agreement=agreement, **told)
    year = {"year": 2024, "score": Decimal(90), "coefficient": Decimal(1)}
    appraisal = _act(town, hospital, "appraise", agreement=agreement, **year).appraisal
    for table in ("contractmove", "assessment", "appraisal"):
        _refused(f"UPDATE claims_{table} SET id = id", says="append-only")
        _refused(f"DELETE FROM claims_{table}", says="append-only")
    for table in ("application", "contractact", "suspension"):
        _refused(f"DELETE FROM claims_{table}", says="kept")
    _refused("UPDATE claims_contractact SET why = '改' WHERE id = %s", act.pk, says="rewritten")
    _refused("UPDATE claims_suspension SET since = %s", date(2025, 1, 1), says="sooner")
    _refused("UPDATE claims_suspension SET until = %s", date(2026, 1, 1), says="sooner")
    other = contract_acts.propose(
        hospital, "suspend", {"since": town.today + timedelta(days=9)}, by=town.manager, at=town.now, why="再",
        agreement=agreement,
    )  # fmt: skip
    broken: list[tuple[Any, dict[str, Any]]] = [
        (Suspension, {"agreement": agreement, "since": told["until"], "act": other}),
        (Suspension, {"agreement": agreement, "since": date(2026, 2, 2), "until": date(2026, 2, 1), "act": other}),
        (Appraisal, {"agreement": agreement, "act": other, **year}),
        (Appraisal, {"agreement": agreement, "act": other, **year, "year": 2025, "score": 101}),
        (Appraisal, {"agreement": agreement, "act": other, **year, "year": 2025, "coefficient": 2}),
        (Assessment, {"application": made, "assessed_on": town.today, "score": 1, "fit": True, "findings": "x",
                      "by": town.reviewer, "at": town.now}),
        (Assessment, {"application": made, "assessed_on": town.today, "score": 101, "fit": True, "findings": "x",
                      "by": town.manager, "at": town.now}),
        (Assessment, {"application": made, "assessed_on": town.today, "score": 1, "fit": True, "findings": "",
                      "by": town.manager, "at": town.now}),
        (Application, {"institution": applicant, "applied_on": town.today, "materials": "x",
                       "entered_by": town.manager}),
        (Application, {"institution": hospital, "applied_on": town.today, "materials": "x", "entered_by": town.manager,
                       "state": "published"}),
        (Application, {"institution": hospital, "applied_on": town.today, "materials": "x", "entered_by": town.manager,
                       "published_from": town.today, "published_until": date(2020, 1, 1)}),
        (ContractAct, {"institution": hospital, "kind": "sign", "why": "x", "proposed_by": town.manager,
                       "proposed_at": town.now}),
        (ContractAct, {"institution": applicant, "kind": "sign", "why": "", "proposed_by": town.manager,
                       "proposed_at": town.now}),
        (ContractAct, {"institution": applicant, "kind": "end", "why": "x", "proposed_by": town.manager,
                       "proposed_at": town.now}),
        (ContractAct, {"institution": applicant, "kind": "sign", "why": "x", "proposed_by": town.manager,
                       "proposed_at": town.now, "state": "confirmed"}),
        (ContractAct, {"institution": applicant, "kind": "sign", "why": "x", "proposed_by": town.manager,
                       "proposed_at": town.now, "state": "confirmed", "decided_by": town.manager,
                       "decided_at": town.now}),
        (ContractMove, {"institution": applicant, "after": "ended", "on": town.today, "by": town.manager,
                        "at": town.now}),
        (ContractMove, {"institution": applicant, "application": made, "after": "refused", "on": town.today,
                        "by": town.manager, "checked_by": town.manager, "at": town.now}),
    ]  # fmt: skip
    for model, facts in broken:
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.create(**facts)
    for wrong in ({"checked_by": agreement.signed_by}, {"recover": Decimal(5)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Agreement.objects.filter(pk=agreement.pk).update(**wrong)
    assert appraisal.score == 90


@pytest.mark.parametrize(
    ("code", "kept"),
    [("h14070200999", "H14070200999"), ("91350100M000100Y43", "91350100M000100Y43"), ("H0000001", "H0000001")],
)
def test_a_code_that_can_be_one_is_kept(code: str, kept: str) -> None:
    assert institution_codes.check(code) == kept


@pytest.mark.parametrize(
    "code", ["H1407020099A", "91350100M000100Y44", "91350100I000100Y43", "医院一二", "H1", "A" * 21]
)
def test_a_code_that_cannot_be_one_is_refused(town: Town, code: str) -> None:
    with pytest.raises(institution_codes.WrongCode):
        institutions.admit(code, "某院", town.county, since=town.today, by=town.manager, at=town.now, level=1,
                           affiliation="township")  # fmt: skip
