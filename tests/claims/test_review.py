"""Review: the maker never checks, a decision names its reason, and what is taken back is taken back to the fen."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from claims import lifecycle, review, withdrawing
from claims.models import Accumulator, Claim
from office import notices
from tests.town import Town

YUAN = Decimal


def _year(claim: Claim) -> dict[str, object]:
    fields = ("admissions", "basic", "inpatient_basic", "compliant_personal", "critical_illness")
    return Accumulator.objects.filter(resident=claim.resident_id, year=claim.year).values(*fields).get()


def test_a_reviewer_approves_and_the_move_is_written(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital())
    review.approve(claim, by=town.reviewer, at=town.now, note="相符")
    claim.refresh_from_db()
    assert (claim.state, claim.reviewed_by, claim.review_note) == ("approved", town.reviewer, "相符")
    assert [(move.before, move.after, move.by) for move in claim.moves.all()][-1] == (
        "adjudicated",
        "approved",
        town.reviewer,
    )


def test_who_entered_a_claim_does_not_check_it(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital())
    with pytest.raises(review.CannotReview, match="录入人不能审核"):
        review.approve(claim, by=claim.entered_by, at=town.now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(state="approved", reviewed_by=claim.entered_by)


def test_two_reviewers_at_once_decide_once(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital())
    seen_by_another = Claim.objects.get(pk=claim.pk)
    review.approve(claim, by=town.reviewer, at=town.now)
    with pytest.raises(lifecycle.CannotMove, match="刚被他人办理"):
        review.approve(seen_by_another, by=town.rechecker, at=town.now)
    assert claim.moves.filter(after="approved").count() == 1


def test_what_was_worked_out_again_since_it_was_seen_is_not_approved(town: Town) -> None:
    patient, hospital = town.patient(), town.hospital()
    first = town.claim(patient, hospital, "10000.00")
    seen = town.claim(patient, hospital, "10000.00", on=date(2025, 5, 12))
    withdrawing.withdraw(first, by=town.manager, at=town.moment(date(2025, 3, 11)), why="重复")
    with pytest.raises(lifecycle.CannotMove, match="已重新核算"):
        review.approve(seen, by=town.reviewer, at=town.now)


def test_who_entered_a_claim_does_not_answer_its_inquiry(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital())
    review.send_to_inquiry(claim, by=town.reviewer, at=town.now, why="疑似外伤")
    claim.refresh_from_db()
    with pytest.raises(review.CannotReview, match="录入人不能审核"):
        review.answer_inquiry(claim, "not_covered", by=claim.entered_by, at=town.now, note="系工伤")


def test_of_a_set_all_are_moved_or_none(town: Town) -> None:
    hospital = town.hospital()
    good, done = town.claim(town.patient(), hospital), town.approved(town.patient(), hospital)
    with pytest.raises(lifecycle.CannotMove, match="不能转为"):
        review.approve(good, done, by=town.rechecker, at=town.now)
    good.refresh_from_db()
    assert good.state == "adjudicated"


def test_a_refusal_gives_every_yuan_to_the_person_and_the_year_back(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital("city"), "150000.00")
    review.refuse(claim, by=town.reviewer, at=town.now, message="冒名就医", article="JZ20")
    claim.refresh_from_db()
    assert (claim.state, claim.personal, claim.basic, claim.critical_illness) == (
        "refused",
        YUAN("150000.00"),
        YUAN("0.00"),
        YUAN("0.00"),
    )
    assert claim.reasons == [{"article": "JZ20", "message": "冒名就医"}]
    assert set(map(str, _year(claim).values())) == {"0", "0.00"}


def test_a_refusal_without_a_word_of_reason_is_refused(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital())
    with pytest.raises(review.CannotReview, match="请写明理由"):
        review.refuse(claim, by=town.reviewer, at=town.now, message="  ")


def test_a_returned_claim_counts_no_longer_and_keeps_its_history(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital())
    review.return_to_institution(claim, by=town.reviewer, at=town.now, why="缺出院小结")
    claim.refresh_from_db()
    assert claim.state == "returned"
    assert _year(claim)["admissions"] == 0
    assert claim.moves.last().why == "缺出院小结"


def test_a_claim_in_inquiry_counts_once_it_is_found_covered(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital(), "10000.00")
    review.send_to_inquiry(claim, by=town.reviewer, at=town.now, why="疑似外伤")
    assert _year(claim)["admissions"] == 0
    claim.refresh_from_db()
    review.answer_inquiry(claim, "covered", by=town.reviewer, at=town.now, note="走访属实，系疾病")
    claim.refresh_from_db()
    assert (claim.state, claim.inquiry, claim.basic) == ("adjudicated", "covered", YUAN("7200.00"))
    assert _year(claim)["admissions"] == 1


def test_an_inquiry_that_finds_it_not_covered_refuses(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital())
    review.send_to_inquiry(claim, by=town.reviewer, at=town.now, why="疑似工伤")
    claim.refresh_from_db()
    review.answer_inquiry(claim, "not_covered", by=town.reviewer, at=town.now, note="系工伤")
    claim.refresh_from_db()
    assert (claim.state, claim.basic, claim.personal) == ("refused", YUAN("0.00"), claim.total)


@pytest.mark.django_db
@pytest.mark.article("XZ18")
def test_trauma_in_xuzhou_is_payable_only_after_the_inquiry() -> None:
    town = Town("320300", "xuzhou_2023")
    for key, tier, value in (
        ("inpatient.deductible", "2", "600"),
        ("inpatient.ratio", "2", "0.75"),
        ("inpatient.ceiling", "", "200000"),
    ):
        told = notices.enter(
            town.policy,
            key,
            value,
            date(2025, 1, 1),
            "样本1号",
            by=town.manager,
            at=town.now,
            tier=tier,
            is_sample=True,
        )
        notices.approve(told, by=town.rechecker, at=town.now)
    claim = town.claim(town.patient(), town.hospital(), "10600.00", cause="trauma")
    assert (claim.state, claim.basic, claim.reasons[0]["article"]) == ("inquiry", YUAN("7500.00"), "XZ18")
    assert _year(claim)["admissions"] == 0
    with pytest.raises(lifecycle.CannotMove):
        review.approve(claim, by=town.reviewer, at=town.now)
    review.answer_inquiry(claim, "covered", by=town.reviewer, at=town.now, note="无第三人责任")
    claim.refresh_from_db()
    assert (claim.state, claim.basic) == ("adjudicated", YUAN("7500.00"))


def test_clean_claims_of_a_file_are_approved_together_and_the_rest_waits(town: Town) -> None:
    hospital = town.hospital()
    small = town.claim(town.patient(), hospital, "3000.00")
    large = town.claim(town.patient(), hospital, "90000.00")
    batch = town.claims_batch(hospital)
    Claim.objects.update(batch=batch)
    assert review.approve_clean(batch, by=town.reviewer, at=town.now, up_to=YUAN("5000")) == 1
    assert dict(Claim.objects.values_list("pk", "state")) == {small.pk: "approved", large.pk: "adjudicated"}


def test_a_withdrawn_claim_gives_back_exactly_what_it_used_and_the_later_stay_is_worked_out_again(town: Town) -> None:
    patient, hospital = town.patient(date(2013, 1, 1)), town.hospital()
    before = town.claim(patient, hospital, "8000.00", on=date(2025, 2, 1))
    gone = town.claim(patient, hospital, "10000.00", on=date(2025, 3, 12))
    later = town.claim(patient, hospital, "10000.00", on=date(2025, 5, 12))
    assert (before.deductible, gone.deductible, later.deductible) == (YUAN("200.00"), YUAN("100.00"), YUAN("100.00"))
    held = _year(later)
    withdrawing.withdraw(before, by=town.manager, at=town.now, why="重复申报")
    gone.refresh_from_db()
    later.refresh_from_db()
    assert (gone.deductible, later.deductible) == (YUAN("200.00"), YUAN("100.00"))
    assert _year(later)["admissions"] == held["admissions"] - 1
    assert _year(later)["inpatient_basic"] == gone.basic + later.basic
    assert [(move.before, move.after) for move in gone.moves.all()] == [
        ("received", "adjudicated"),
        ("adjudicated", "received"),
        ("received", "adjudicated"),
    ]


def test_an_approved_later_claim_whose_sum_moves_is_looked_at_again(town: Town) -> None:
    patient, hospital = town.patient(), town.hospital()
    first = town.claim(patient, hospital, "10000.00", on=date(2025, 3, 12))
    later = town.approved(patient, hospital, "10000.00", on=date(2025, 5, 12))
    withdrawing.withdraw(first, by=town.manager, at=town.now, why="重复申报")
    moved = Claim.objects.get(pk=later.pk)
    assert (moved.state, moved.reviewed_by, moved.deductible) == ("adjudicated", None, YUAN("400.00"))
    assert moved.basic < later.basic
    assert _year(moved)["inpatient_basic"] == moved.basic


def test_an_approved_later_claim_whose_sum_stays_stays_approved(town: Town) -> None:
    patient, hospital = town.patient(), town.hospital("clinic")
    first = town.claim(patient, hospital, "50.00", benefit="outpatient", on=date(2025, 3, 12))
    later = town.approved(patient, hospital, "60.00", benefit="outpatient", on=date(2025, 5, 12))
    withdrawing.withdraw(first, by=town.manager, at=town.now, why="重复申报")
    assert Claim.objects.get(pk=later.pk).state == "approved"


def test_what_was_parked_is_worked_out_again_once_the_notice_has_come(town: Town) -> None:
    claim = town.claim(town.patient(cover=None), town.hospital(), "10000.00")
    town.grant_cover(claim.resident, date(2025, 1, 1), date(2025, 12, 31))
    [redone] = withdrawing.recalculate(claim, by=town.manager, at=town.now, why="补录参保")
    assert (redone.state, redone.basic) == ("adjudicated", YUAN("7200.00"))


def test_a_settled_claim_is_reversed_and_not_refused(town: Town) -> None:
    claim = town.approved(town.patient(), town.hospital())
    lifecycle.move([claim], "settled", by=town.accountant, at=town.now, why="2025-03")
    with pytest.raises(lifecycle.CannotMove, match="已结算"):
        review.refuse(claim, by=town.reviewer, at=town.now, message="晚了")
    assert _year(claim)["admissions"] == 1
    gone = withdrawing.withdraw(claim, by=town.manager, at=town.now, why="冒名")
    assert (gone.state, gone.basic) == ("reversed", claim.basic)
    assert gone.adjustments.get().basic == -claim.basic
    assert _year(claim)["admissions"] == 0
    with pytest.raises(lifecycle.CannotMove, match="已冲销"):
        withdrawing.withdraw(gone, by=town.manager, at=town.now, why="再来")
