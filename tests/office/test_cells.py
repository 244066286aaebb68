"""One cell of a file: spellings that are certain are understood, the rest is refused in Chinese."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from office import cells
from office.refusal import Refusal


@pytest.mark.parametrize(
    ("read", "written", "means"),
    [
        (cells.name, " 张 三 ", "张三"),
        (cells.name, "䶮𠮷", "䶮𠮷"),
        (cells.name, "阿依古丽•买买提", "阿依古丽·买买提"),
        (cells.name, "阿依古丽・买买提", "阿依古丽·买买提"),
        (cells.name, "Anna Li", "Anna Li"),
        (cells.name, "\u200b王\ufeff五\ue81e", "王五龴"),
        (cells.text, "-", "-"),
        (cells.text, "+86 138-0000-0000", "+86 138-0000-0000"),
        (cells.text, 13800000000.0, "13800000000"),
        (cells.code, " ab０１２ ", "AB012"),
        (cells.day, "2025-01-05", date(2025, 1, 5)),
        (cells.day, "2025/1/5", date(2025, 1, 5)),
        (cells.day, "2025.1.5", date(2025, 1, 5)),
        (cells.day, "２０２５年１月５日", date(2025, 1, 5)),
        (cells.day, "20250105", date(2025, 1, 5)),
        (cells.day, 20250105.0, date(2025, 1, 5)),
        (cells.day, "2025-01-05 00:00:00", date(2025, 1, 5)),
        (cells.day, date(2025, 1, 5), date(2025, 1, 5)),
        (cells.day, datetime(2025, 1, 5), date(2025, 1, 5)),  # noqa: DTZ001, a spreadsheet knows no zone
        (cells.money, "1,234.50", Decimal("1234.50")),
        (cells.money, "￥400元", Decimal("400.00")),
        (cells.money, 12.300000000000001, Decimal("12.30")),
        (cells.money, 0, Decimal("0.00")),
        (cells.whole, "12", 12),
        (cells.whole, 12.0, 12),
        (cells.fraction, "10%", Decimal("0.1")),
        (cells.fraction, 0.35, Decimal("0.35")),
        (cells.yes_no, "是", True),
        (cells.yes_no, "否", False),
        (cells.yes_no, True, True),
        (cells.yes_no, 0.0, False),
        (cells.choice({"男": "1", "女": "2"}), "女", "2"),
        (cells.choice({"男": "1", "女": "2"}), 1.0, "1"),
    ],
)
def test_what_is_certain_is_understood(read: Callable[[Any], Any], written: Any, means: Any) -> None:
    assert read(written) == means


@pytest.mark.parametrize(
    ("read", "written", "says"),
    [
        (cells.name, "12345", "不是姓名"),
        (cells.name, "=HYPERLINK(1)", "公式"),
        (cells.name, "@SUM(A1)", "公式"),
        (cells.name, "+cmd|' /C calc'!A0", "公式"),
        (cells.name, "张\n三", "换行"),
        (cells.name, "张\x07三", "不可见"),
        (cells.name, "王" * 61, "太长"),
        (cells.text, 1.5, "设为文本"),
        (cells.text, 1e17, "设为文本"),
        (cells.text, True, "应为文字"),
        (cells.code, 12345.0, "设为文本"),
        (cells.code, date(2025, 1, 1), "设为文本"),
        (cells.identity, 140702199003070012.0, "存成数字"),
        (cells.day, "2025-02-29", "没有这一天"),
        (cells.day, "5/1/2025", "应为日期"),
        (cells.day, "25-01-05", "应为日期"),
        (cells.day, 45662.0, "应为日期"),
        (cells.day, True, "应为日期"),
        (cells.day, datetime(2025, 1, 5, 8), "不带时刻"),  # noqa: DTZ001
        (cells.day, time(8), "应为日期"),
        (cells.money, "-0.01", "不能为负"),
        (cells.money, "0.001", "两位小数"),
        (cells.money, "1e5", "应为数字"),
        (cells.money, "NaN", "应为数字"),
        (cells.money, "一百", "应为数字"),
        (cells.money, "12,34.00", "应为数字"),
        (cells.money, "1" * 400, "应为数字"),
        (cells.money, 1e300, "过大"),
        (cells.money, True, "应为数字"),
        (cells.positive, "0.00", "大于零"),
        (cells.whole, "1.5", "整数"),
        (cells.whole, -1, "整数"),
        (cells.fraction, "1.1", "比例"),
        (cells.yes_no, "也许", "可选范围"),
    ],
)
def test_what_is_not_certain_is_refused_with_what_to_do(read: Callable[[Any], Any], written: Any, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        read(written)
