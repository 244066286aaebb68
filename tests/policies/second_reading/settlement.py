"""What an institution is paid for a month or a year, read a second time: dict in, dict out."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

D = Decimal
ZERO = D("0.00")


def half_up(amount: Decimal) -> Decimal:
    return amount.quantize(D("0.01"), rounding=ROUND_HALF_UP)


def read(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one settlement request, of a month or of a year."""
    amounts = _month(request) if request["kind"] == "month" else _year(request)
    return {"ref": request["ref"], **{name: f"{amount + 0:.2f}" for name, amount in amounts.items()}}


def _earned(request: dict[str, Any]) -> Decimal:
    method = request["method"]
    if method == "fee_for_service":
        return D(request["claimed"])
    if method == "capitation":
        return half_up(request["heads"] * D(request["quota"]) / 12)
    if method == "per_diem":
        return D(request["days"]) * D(request["rate"])
    if method == "per_disease":
        return sum((D(case["quota_share"]) for case in request["cases"]), ZERO)
    coefficient = D(request.get("coefficient", "1"))
    earned = ZERO
    for case in request["cases"]:
        earned += half_up(D(case["weight"]) * D(request["base_rate"]) * coefficient)
        earned -= D(case.get("paid_by_others", "0"))
    return earned


def _month(request: dict[str, Any]) -> dict[str, Decimal]:
    approved = _earned(request) - D(request.get("deducted", "0"))
    within = approved
    if request.get("budget_to_date") is not None:
        room = max(D(request["budget_to_date"]) - D(request.get("approved_before", "0")), ZERO)
        within = min(approved, room)
    deposit = half_up(D(request.get("deposit_rate", "0")) * within)
    return {
        "approved": approved,
        "within": within,
        "held": approved - within,
        "deposit": deposit,
        "payable": within - deposit,
    }


def _year(request: dict[str, Any]) -> dict[str, Decimal]:
    approved, budget = D(request["approved"]), D(request["budget"])
    paid, deposits = D(request["paid"]), D(request["deposits"])
    over = max(approved - budget, ZERO)
    carried, edge = ZERO, budget
    for band in request.get("bands", []):
        upper = budget * D(band["up_to"])
        carried += max(min(approved, upper) - edge, ZERO) * D(band["fund_share"])
        edge = max(edge, upper)
    fund_share = half_up(carried)
    kept = half_up(D(request.get("savings_share", "0")) * max(budget - approved, ZERO))
    fitting = [step for step in request["quality"] if step["from"] <= request["score"]]
    coefficient = D(max(fitting, key=lambda step: step["from"])["coefficient"])
    returned = half_up(deposits * coefficient)
    return {
        "over": over,
        "fund_share": fund_share,
        "institution_share": over - fund_share,
        "savings_kept": kept,
        "deposit_returned": returned,
        "due": min(approved, budget) + fund_share + kept - paid - deposits + returned,
    }
