"""Money back in Panzhihua: as long as benefits are not in force."""

from __future__ import annotations

from policies import refunding
from policies.refunding import RefundAnswer, RefundQuestion


def refund(question: RefundQuestion) -> RefundAnswer:
    """Whether the contribution goes back [PZ09]."""
    return refunding.after(question, "PZ09") if question.begun else refunding.before(question, "PZ09")
