"""Bands: an amount cut at limits, each part paid at its own share."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from policies.money import ZERO, yuan


class Band(NamedTuple):
    """The share that holds up to a limit in yuan; None is without limit."""

    up_to: Decimal | None
    share: Decimal


def by_bands(amount: Decimal, bands: Iterable[Band], since: Decimal = ZERO) -> Decimal:
    """What the bands pay of `amount` above `since`, a deductible taken out of the first bands.

    Bands come in rising order; above the last limit nothing is paid.
    """
    paid, reached = ZERO, since
    for band in bands:
        top = amount if band.up_to is None else min(amount, band.up_to)
        if top > reached:
            paid += band.share * (top - reached)
            reached = top
    return yuan(paid)
