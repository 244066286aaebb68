"""What is asked and answered about giving a contribution back, and what holds whatever a text says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

REASONS = ("paid_twice", "death", "employee_insurance", "moved_out", "paid_too_much", "stranger")
# These end somebody's cover here; the others are money that should not have come.
ENDS = frozenset({"death", "employee_insurance", "moved_out"})


@dataclass(frozen=True, slots=True)
class RefundQuestion:
    """May this payment go back? `counted` says whether it pays for cover; money held unmatched does not.

    `begins_on` is the first day of the benefits that were paid for (None: none are), `happened_on` the day on which
    the reason arose: the second payment, the death, the move, the first day of the employee insurance.
    """

    reason: str
    happened_on: date
    begins_on: date | None
    counted: bool

    @property
    def begun(self) -> bool:
        """Whether benefits had begun when the reason arose; the eve of an employee insurance is the last day here."""
        last = self.happened_on - timedelta(days=1) if self.reason == "employee_insurance" else self.happened_on
        return self.begins_on is not None and self.begins_on <= last

    @property
    def for_nothing(self) -> bool:
        """Money that never was somebody's contribution: a stranger's, too much, or come after the insurance ended."""
        return self.reason in ("stranger", "paid_too_much") or (self.reason in ENDS and not self.counted)


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """`allowed` is None where no rule applies; the message is one sentence that the applicant reads."""

    allowed: bool | None
    article: str
    message: str


def for_nothing(question: RefundQuestion) -> RefundAnswer:
    """What was paid without ground goes back: no text takes it, and nobody has benefits for it."""
    told = {
        "stranger": "所缴款项未对应任何参保人",
        "paid_too_much": "超出应缴标准的部分",
    }.get(question.reason, "参保关系终止后才到账，未产生参保待遇")
    return RefundAnswer(True, "", f"{told}，予以退还")


def before(question: RefundQuestion, article: str) -> RefundAnswer:
    """Benefits have not begun: the contribution goes back and the cover that it would have paid for ends."""
    told = "重复缴费" if question.reason == "paid_twice" else f"{question.happened_on} 参保关系终止"
    return RefundAnswer(True, article, f"待遇开始前{told}，予以退费")


def after(question: RefundQuestion, article: str) -> RefundAnswer:
    """Benefits have begun: nothing goes back."""
    return RefundAnswer(False, article, f"待遇已于 {question.begins_on} 开始，所缴费用不退")
