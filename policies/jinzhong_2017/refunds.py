"""Money back in Jinzhong, whose text is silent: before benefits begin, and a second payment at any time."""

from __future__ import annotations

from policies import refunding
from policies.refunding import RefundAnswer, RefundQuestion


def refund(question: RefundQuestion) -> RefundAnswer:
    """Whether the contribution goes back; that nobody pays twice for one year is the office's own charge [JZ06.5]."""
    if question.reason == "paid_twice" and not question.counted:
        return RefundAnswer(True, "JZ06.5", "同一年度重复缴费，予以退费")
    return refunding.after(question, "") if question.begun else refunding.before(question, "")
