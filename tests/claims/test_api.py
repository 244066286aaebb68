"""Hospitals' systems send signed messages: each has one effect and one answer, for ever."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims import connecting, lifecycle
from claims.models import Accumulator, Claim, Connection, Message
from tests.town import Town

CLAIMS = "/api/claims"


@pytest.fixture
def wire(town: Town) -> Connection:
    return town.connected(town.hospital("county"))


def test_a_claim_over_the_wire_is_decided_at_once_with_its_worksheet(town: Town, wire: Connection) -> None:
    answer = town.send(wire, CLAIMS, town.message(town.patient()))
    told = answer.json()
    assert (answer.status_code, told["state"], told["amounts"]["basic"]) == (200, "adjudicated", "7200.00")
    assert {"JZ15.1"} <= {step["article"] for step in told["worksheet"]}
    amounts = {name: Decimal(amount) for name, amount in told["amounts"].items()}
    payers = ("basic", "critical_illness", "assistance", "charity", "hospital_borne", "personal")
    assert amounts["total"] == sum(amounts[payer] for payer in payers)
    assert Claim.objects.get().entered_by == wire.opened_by


def test_a_claim_of_five_lines_costs_at_most_fifteen_statements(town: Town, wire: Connection) -> None:
    fees = [{"item": f"药{n}", "kind": "drug", "klass": "A", "amount": "800.00"} for n in range(5)]
    body = town.message(town.patient(), lines=fees)
    with CaptureQueriesContext(connection) as queries:
        assert town.send(wire, CLAIMS, body).status_code == 200
    told = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]  # the test's own transaction
    assert len(told) <= 15, "\n".join(told)


def test_a_message_that_was_cut_off_is_asked_again_and_gives_the_same_answer(town: Town, wire: Connection) -> None:
    body = town.message(town.patient())
    first = town.send(wire, CLAIMS, body, message="A1")
    lifecycle.move(Claim.objects.all(), "cancelled", by=town.manager, at=town.now)
    again = town.send(wire, CLAIMS, body, message="A1")
    assert first.content == again.content
    assert Claim.objects.count() == Message.objects.count() == 1


def test_the_same_claim_in_another_message_is_one_claim_and_another_content_is_refused(
    town: Town, wire: Connection
) -> None:
    patient = town.patient()
    town.send(wire, CLAIMS, town.message(patient))
    assert town.send(wire, CLAIMS, town.message(patient)).status_code == 200
    other = town.send(wire, CLAIMS, town.message(patient, diagnosis="肺炎"))
    assert (other.status_code, other.json()["code"]) == (409, "other_content")
    assert Claim.objects.count() == 1


def test_a_name_of_a_message_is_not_used_for_another_content(town: Town, wire: Connection) -> None:
    patient = town.patient()
    town.send(wire, CLAIMS, town.message(patient), message="A1")
    other = town.send(wire, CLAIMS, town.message(patient, "W2"), message="A1")
    assert (other.status_code, other.json()["code"]) == (409, "other_message")


def test_a_corrected_claim_is_a_new_version_that_points_to_the_old(town: Town, wire: Connection) -> None:
    patient = town.patient()
    town.send(wire, CLAIMS, town.message(patient))
    more = [{"item": "西药费", "kind": "drug", "klass": "A", "amount": "12000.00"}]
    body = town.message(patient, lines=more, why="漏录一项")
    answer = town.send(wire, f"{CLAIMS}/W1/correction", body)
    assert (answer.json()["version"], answer.json()["amounts"]["basic"]) == (2, "8700.00")
    new = Claim.objects.get(version=2)
    assert (new.replaces.state, new.replaces.version) == ("cancelled", 1)
    year = Accumulator.objects.get(resident=patient)
    assert (year.admissions, year.basic) == (1, Decimal("8700.00"))
    assert town.send(wire, f"{CLAIMS}/W1/correction", body).json()["version"] == 2  # nothing more to correct
    assert town.send(wire, f"{CLAIMS}/W9/correction", body | {"number": "W9"}).status_code == 404


def test_a_settled_claim_that_is_corrected_is_reversed_and_later_stays_follow(town: Town, wire: Connection) -> None:
    patient = town.patient()
    town.send(wire, CLAIMS, town.message(patient))
    later = town.claim(patient, wire.institution, "10000.00", on=date(2025, 6, 1))
    for claim in Claim.objects.all():
        lifecycle.move([claim], "approved", by=town.reviewer, at=town.now, reviewed_by=town.reviewer)
        lifecycle.move([claim], "settled", by=town.accountant, at=town.now)
    more = [{"item": "西药费", "kind": "drug", "klass": "A", "amount": "12000.00"}]
    town.send(wire, f"{CLAIMS}/W1/correction", town.message(patient, lines=more, why="漏录"))
    old = Claim.objects.get(number="W1", version=1)
    assert (old.state, old.adjustments.get().basic) == ("reversed", Decimal("-7200.00"))
    assert not later.adjustments.exists()  # out and in are one step: its turn is the second stay before and after


def test_a_reversal_undoes_the_claim_and_says_so_again(town: Town, wire: Connection) -> None:
    patient = town.patient()
    town.send(wire, CLAIMS, town.message(patient))
    for _twice in range(2):
        assert town.send(wire, f"{CLAIMS}/W1/reversal", {"why": "退费"}).json()["state"] == "cancelled"
    assert Accumulator.objects.get(resident=patient).admissions == 0


def test_a_reversal_that_overtook_its_claim_is_remembered(town: Town, wire: Connection) -> None:
    ahead = town.send(wire, f"{CLAIMS}/W1/reversal", {"why": "退费"})
    assert (ahead.status_code, ahead.json()["state"]) == (200, "unknown")
    assert town.send(wire, f"{CLAIMS}/W1/reversal", {"why": "退费"}).status_code == 200
    late = town.send(wire, CLAIMS, town.message(town.patient()))
    assert (late.status_code, late.json()["code"]) == (409, "reversed")
    assert not Claim.objects.exists()


def test_what_was_sent_can_be_asked_for(town: Town, wire: Connection) -> None:
    town.send(wire, CLAIMS, town.message(town.patient()))
    assert town.send(wire, f"{CLAIMS}/W1").json()["state"] == "adjudicated"
    assert town.send(wire, f"{CLAIMS}/W2").status_code == 404
    stranger = town.connected(town.hospital("city"))
    assert town.send(stranger, f"{CLAIMS}/W1").status_code == 404


@pytest.mark.parametrize("how", [{"secret": "falsch"}, {"skew": 400}, {"skew": -400}, {"message": "x" * 41}])
def test_a_message_that_is_not_rightly_signed_is_nobodys(town: Town, wire: Connection, how: dict[str, Any]) -> None:
    answer = town.send(wire, CLAIMS, town.message(town.patient()), **how)
    assert (answer.status_code, answer.json()["code"]) == (401, "unsigned")
    assert not Claim.objects.exists()


def test_a_closed_connection_and_a_bare_call_are_refused(town: Town, wire: Connection) -> None:
    connecting.close(wire, by=town.manager, at=town.now)
    assert town.send(wire, CLAIMS, town.message(town.patient())).status_code == 401
    assert Client().post(CLAIMS, b"{}", content_type="application/json").status_code == 401


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"admitted": "2025-02-30"}, "admitted"),
        ({"discharged": "2025-03-01"}, "discharged"),
        ({"benefit": "spa"}, "benefit"),
        ({"name": "别人"}, "name"),
        ({"id_number": "140702198005051239"}, "id_number"),
        ({"lines": []}, "lines"),
        ({"lines": [{"item": "=1+1", "kind": "drug", "klass": "A", "amount": "1.00"}]}, "lines[0].item"),
        ({"lines": [{"item": "药", "kind": "drug", "klass": "A", "amount": 1.5}]}, "lines[0].amount"),
        ({"lines": [{"item": "药", "kind": "drug", "klass": "A", "amount": "0"}]}, "lines[0].amount"),
        ({"lines": [{"item": "药", "kind": "drug", "klass": "A", "amount": "9", "first_share": "0.3"}]},
         "lines[0].first_share"),
        ({"extra": 1}, "extra"),
        ({"number": "a\u0000b"}, "number"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_field_and_nothing_is_kept(
    town: Town, wire: Connection, wrong: dict[str, Any], field: str
) -> None:
    answer = town.send(wire, CLAIMS, town.message(town.patient()) | wrong)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert not Message.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"number": "\\ud800"}'])
def test_what_is_no_message_at_all_is_answered_in_words(town: Town, wire: Connection, body: bytes) -> None:
    answer = town.send(wire, CLAIMS, body)
    assert answer.status_code in (400, 422)


def test_a_message_is_kept_for_ever(town: Town, wire: Connection) -> None:
    town.send(wire, CLAIMS, town.message(town.patient()))
    for statement in ("UPDATE claims_message SET status = 500", "DELETE FROM claims_message"):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
