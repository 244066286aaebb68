"""What Jinzhong's text says of the fund's own money: the critical illness premium and the interest of its accounts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from policies.money import yuan
from policies.rules import Rules
from policies.shapes import NotUnderstood

RATES = ("demand_preferential", "term_three_months")
DAYS_OF_A_BANK_YEAR = 360


def premium(heads: int, rules: Rules) -> Decimal:
    """Yuan a year that the fund pays for the critical illness insurance of so many people [JZ06.3]."""
    return yuan(heads * rules("critical_illness.premium").value)


def interest(account: str, balance: Decimal, days: int, posted: Mapping[str, Decimal], rules: Rules) -> Decimal:
    """Interest in yuan on `balance` held for `days`, at the posted yearly rate that the account earns [JZ29].

    `posted` holds the bank's rates "demand_preferential" and "term_three_months" as fractions. Refused with
    NotUnderstood: an account of which the text does not speak.
    """
    for rate in RATES:
        if account in rules.words(f"interest.{rate}").value:
            return yuan(balance * posted[rate] * days / DAYS_OF_A_BANK_YEAR)
    raise NotUnderstood("account", f"没有规定账户“{account}”如何计息，可用：income、expenditure、special")
