"""Money in tables: a column of integer fen that speaks Decimal yuan in Python."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

_HUNDRED = Decimal(100)


def to_fen(amount: Decimal | int | str) -> int:
    """Yuan to whole fen. Refuses a fraction of a fen with ValueError: rounding belongs to the rules, not the table."""
    fen = Decimal(amount) * _HUNDRED
    whole = int(fen)
    if fen != whole:
        raise ValueError(f"{amount} is not a whole number of fen")
    return whole


def from_fen(fen: int | Decimal) -> Decimal:
    """Whole fen to yuan with two decimals."""
    return Decimal(int(fen)).scaleb(-2)


class FenField(models.BigIntegerField):
    """An amount of money: `total` in Python (yuan, two decimals) is the column `total_fen` (integer)."""

    description = _("金额（元）")

    def get_attname_column(self) -> tuple[str, str]:
        attname = self.get_attname()
        return attname, self.db_column or f"{attname}_fen"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else from_fen(value)

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or value == "":
            return None
        try:
            amount = Decimal(str(value))
            return from_fen(to_fen(amount))
        except (ArithmeticError, ValueError) as error:
            raise ValidationError(_("金额应为元，最多两位小数：%(value)s"), params={"value": value}) from error

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return to_fen(value)

    def formfield(self, **kwargs: Any) -> Any:
        from_decimal = models.DecimalField(
            max_digits=16, decimal_places=2, verbose_name=self.verbose_name, null=self.null, blank=self.blank
        )
        return from_decimal.formfield(**kwargs)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)


def fen(**kwargs: Any) -> FenField:
    """A FenField that starts at zero, for the many amounts that are never missing."""
    kwargs.setdefault("default", Decimal("0.00"))
    return FenField(**kwargs)
