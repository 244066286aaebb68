"""The office clock: business days and moments in Asia/Shanghai. Only doors call it; work gets its days as arguments."""

from datetime import date, datetime

from django.utils import timezone


def today() -> date:
    """The Shanghai day on which something is done."""
    return timezone.localdate()


def now() -> datetime:
    """The moment at which something is done."""
    return timezone.now()
