"""What enrollment does behind the doorbell: importing its job handlers and files makes them known to the worker."""

from celery import shared_task

from enrollment import (
    confirming,
    crediting,
    debiting,
    detail_lists,
    payments,
    reconciling,
    refund_paying,
    renewal,
    roster,
    school_sums,
    sponsoring,
    tallies,
)

__all__ = [
    "confirming",
    "crediting",
    "debiting",
    "detail_lists",
    "payments",
    "reconciling",
    "refund_paying",
    "renewal",
    "roster",
    "school_sums",
    "sponsoring",
]


@shared_task(name="enrollment.tasks.fold")
def fold() -> None:
    """Add up the new lines of the running counts; what one call leaves, the next tick takes."""
    tallies.fold()
