"""Days as the regulations count them: completed years, months that end on the same day, periods after a day."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def age(birth: date, on: date) -> int:
    """Completed years on the day `on`; somebody born on 29 February completes a year on 1 March of a common year."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` on, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def day_after(day: date) -> date:
    """The following day."""
    return day + timedelta(days=1)
