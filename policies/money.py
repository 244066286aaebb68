"""Money as the regulations count it: yuan in Decimal, rounded half up to the fen where a named amount is made."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

FEN = Decimal("0.01")
ZERO = Decimal("0.00")


def yuan(amount: Decimal) -> Decimal:
    """Make a named amount: `amount` yuan rounded half up to the fen."""
    return amount.quantize(FEN, ROUND_HALF_UP)


def positive(amount: Decimal) -> Decimal:
    """What is left of `amount`, never less than nothing."""
    return amount if amount > ZERO else ZERO


def split(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Share `total` yuan out by `weights` so that the parts add up to the fen (largest remainder, earlier first).

    Refuses negative weights and weights that are all zero with ValueError.
    """
    whole = sum(weights, Decimal(0))
    if whole <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative and must not all be zero")
    exact = [total * weight / whole for weight in weights]
    parts = [share.quantize(FEN, ROUND_DOWN) for share in exact]
    missing = int((total - sum(parts, ZERO)) / FEN)
    step = FEN if missing >= 0 else -FEN
    by_remainder = sorted(range(len(parts)), key=lambda i: (-abs(exact[i] - parts[i]), i))
    for i in by_remainder[: abs(missing)]:
        parts[i] += step
    return parts
