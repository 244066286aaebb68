"""Identity numbers: what people write is put right where it is certain and refused where it is not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from office import identity
from office.identity import NotAnIdentityNumber

GOOD = "11010519491231002X"


@pytest.mark.parametrize(
    "written",
    [
        GOOD,
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        " 110105 19491231 002X ",
        "１１０１０５19491231002ｘ",
    ],
)
def test_a_good_number_is_kept_in_one_spelling(written: str) -> None:
    assert identity.check(written) == identity.IdCard(GOOD, date(1949, 12, 31), "2")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (110105194912310000, "存成数字"),
        (1.1010519491231e17, "存成数字"),
        ("1.10105E+17", "科学计数法"),
        ("110105491231002", "15 位"),
        ("1101051949123100211", "19 位"),
        ("11010519491231002", "17 位"),
        ("110105194912310021", "校验位"),
        ("11010519490231002X", "校验位"),
        ("1101051949X231002X", "前 17 位"),
        ("11010519491231002Y", "末位"),
        ("'11010519491231002X", "只能是数字"),
        ("一一〇一〇五一九四九一二三一〇〇二X", "只能是数字"),
        ("²10105194912310021", "只能是数字"),
        ("", "缺少"),
        (None, "存成数字"),
    ],
)
def test_a_wrong_number_is_refused_with_what_to_do(written: object, says: str) -> None:
    with pytest.raises(NotAnIdentityNumber, match=says) as refusal:
        identity.check(written)
    assert refusal.value.field == "id_number"


@pytest.mark.parametrize("day", ["19490230", "19491301", "20230229", "00000101"])
def test_a_birthday_that_never_was_is_refused(day: str) -> None:
    digits = f"110105{day}002"
    with pytest.raises(NotAnIdentityNumber, match="出生日期"):
        identity.check(digits + identity.check_character(digits))


def test_nobody_is_born_after_the_day_they_are_registered() -> None:
    digits = "14070220250601001"
    number = digits + identity.check_character(digits)
    assert identity.check(number, on=date(2025, 6, 1)).sex == "1"
    with pytest.raises(NotAnIdentityNumber, match="不合理"):
        identity.check(number, on=date(2025, 5, 31))


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(0, 999), st.integers(110000, 659999))
def test_every_built_number_is_read_back_and_no_single_wrong_digit_passes(born: date, order: int, county: int) -> None:
    digits = f"{county:06}{born:%Y%m%d}{order:03}"
    number = digits + identity.check_character(digits)
    assert identity.check(number) == identity.IdCard(number, born, "1" if order % 2 else "2")
    place = order % 17
    other = digits[:place] + str((int(digits[place]) + 1 + county % 9) % 10) + digits[place + 1 :]
    with pytest.raises(NotAnIdentityNumber):
        identity.check(other + number[-1])
