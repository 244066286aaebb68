"""The shelf on which the regulations stand, asked by code."""

from __future__ import annotations

from pathlib import Path

from policies import binzhou_2021, jinzhong_2017, national_2024, panzhihua_2023, xuzhou_2023
from policies.regulation import Regulation


class UnknownRegulation(LookupError):
    """No regulation stands under this code."""


_HERE = Path(__file__).parent
_SHELF = {
    code: Regulation(code, _HERE / code, package.FORMULAS)
    for code, package in (
        ("xuzhou_2023", xuzhou_2023),
        ("jinzhong_2017", jinzhong_2017),
        ("binzhou_2021", binzhou_2021),
        ("panzhihua_2023", panzhihua_2023),
        ("national_2024", national_2024),
    )
}


def codes() -> tuple[str, ...]:
    """The codes of all regulations."""
    return tuple(_SHELF)


def regulation(code: str) -> Regulation:
    """The regulation under this code. Raises UnknownRegulation."""
    try:
        return _SHELF[code]
    except KeyError:
        raise UnknownRegulation(code) from None
