"""How a county's deficit is covered in Binzhou [BZ35], read a second time: dict in, dict out."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

D = Decimal
ZERO = D("0.00")


def read(request: dict[str, Any]) -> dict[str, Any]:
    """Rolling balance first, then reserve and county at 40 to 60, or the county alone where the plan was not met."""
    deficit = D(request["deficit"])
    rolling = min(deficit, D(request["rolling_balance"]))
    rest = deficit - rolling
    asked = (D("0.40") * rest).quantize(D("0.01"), rounding=ROUND_HALF_UP) if request["plan_met"] else ZERO
    reserve = min(asked, D(request["reserve"]))
    return {
        "ref": request["ref"],
        "from_rolling": f"{rolling:.2f}",
        "from_reserve": f"{reserve:.2f}",
        "from_county": f"{rest - asked:.2f}",
        "uncovered": f"{asked - reserve:.2f}",
    }
