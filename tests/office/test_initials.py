"""Names are found by their initials, surnames read as surnames."""

import pytest

from office import initials


@pytest.mark.parametrize(
    ("name", "found_by"),
    [
        ("张三", "ZS"), ("单雄信", "SXX"), ("曾国藩", "ZGF"), ("仇英", "QY"), ("覃小明", "QXM"), ("解缙", "XJ"),
        ("乐毅", "YY"), ("朴树", "PS"), ("尉迟恭", "YCG"), ("欧阳修", "OYX"), ("区家辉", "OJH"), ("任重", "RZ"),
        ("阿依古丽·买买提", "AYGLMMT"), ("𠮷田䶮", "JTY"), ("Anna 李", "ANNAL"), ("", ""), ("·", ""),
    ],
)  # fmt: skip
def test_a_name_is_found_by_its_initials(name: str, found_by: str) -> None:
    assert initials.of(name) == found_by


def test_long_names_fit_their_column() -> None:
    assert len(initials.of("王" * 60)) == initials.LONGEST
