"""Money back in Binzhou: none for who leaves, moves to employee insurance or dies; a second payment goes back."""

from __future__ import annotations

from policies import refunding
from policies.refunding import ENDS, RefundAnswer, RefundQuestion


def refund(question: RefundQuestion) -> RefundAnswer:
    """Whether the contribution goes back [BZ23]; the article speaks of leaving, not of paying twice."""
    if question.reason in ENDS:
        return RefundAnswer(False, "BZ23", "参保关系自动终止，所缴费用不退")
    if not question.counted:
        return RefundAnswer(True, "", "同一年度重复缴费，予以退费")
    return refunding.after(question, "BZ23") if question.begun else refunding.before(question, "")
