"""Published examples of other places, worked again with the shared tools; those of single stays are in the casebook."""

from decimal import Decimal

import pytest

from policies.bands import Band, by_bands


def band(up_to, share):
    return Band(None if up_to is None else Decimal(up_to), Decimal(share))


@pytest.mark.parametrize(
    ("amount", "since", "bands", "paid"),
    [
        # 1: the deductible of 12,000 comes out of the first band
        ("150000", "12000", [("30000", "0.60"), ("100000", "0.65"), (None, "0.75")], "93800.00"),
        # 3: 60,000 carried, 10,000 outside the catalogue, counted from 20,000 on
        ("30000", "0", [("20000", "0.30"), (None, "0.40")], "10000.00"),
        # 10: two bands one after the other
        ("20000", "0", [("5000", "0.25"), ("20000", "0.65")], "11000.00"),
        # the two sides of a band's limit
        ("30000", "12000", [("30000", "0.60"), (None, "0.65")], "10800.00"),
        ("30000.01", "12000", [("30000", "0.60"), (None, "0.65")], "10800.01"),
        # nothing above the last limit, nothing below the deductible
        ("25000", "0", [("5000", "0.25"), ("20000", "0.65")], "11000.00"),
        ("12000", "12000", [("30000", "0.60")], "0.00"),
        ("100", "12000", [("30000", "0.60")], "0.00"),
    ],
)
def test_bands_pay_what_was_published(amount, since, bands, paid):
    assert by_bands(Decimal(amount), [band(*one) for one in bands], Decimal(since)) == Decimal(paid)
