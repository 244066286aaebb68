"""How figures are written on pages: the same everywhere, whatever the language."""

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def yuan(amount: Decimal | int | None) -> str:
    """An amount in yuan with separators and two decimals; nothing as a dash."""
    return "—" if amount is None else f"{amount:,.2f}"


@register.filter
def count(number: int | None) -> str:
    """A number of things with separators."""
    return "—" if number is None else f"{number:,}"
