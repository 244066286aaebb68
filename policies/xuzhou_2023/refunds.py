"""Money back in Xuzhou: a double payment or a death before benefits begin, nothing once they have."""

from __future__ import annotations

from policies import refunding
from policies.refunding import RefundAnswer, RefundQuestion


def refund(question: RefundQuestion) -> RefundAnswer:
    """Whether the contribution goes back; who is insured elsewhere by then has paid twice [XZ08.4c, XZ10.7]."""
    return refunding.after(question, "XZ08.4c") if question.begun else refunding.before(question, "XZ08.4c")
