"""Lists that leave: capped, harmless to open, marked, and in the trail."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from python_calamine import load_workbook

from office import export
from office.export import TooMany
from office.models import AuditEvent
from tests.town import Town

ROWS = [
    ["=HYPERLINK(\"http://x\")", Decimal("12.30"), date(2025, 1, 5), None, True],
    ["+1", Decimal("-4.00"), None, 7, False],
    ["@x", Decimal("0.00"), None, 7, False],
    ["䶮𠮷·\"买\",买", Decimal("0.00"), None, 7, False],
]  # fmt: skip
HEAD = ["姓名", "金额", "日期", "数", "是否"]


def test_a_csv_is_defused_and_marked(town: Town) -> None:
    lines = export.csv("居民", HEAD, ROWS, town.clerk, town.now).decode("utf-8-sig").split("\r\n")
    assert lines[0] == '"姓名","金额","日期","数","是否"'
    assert lines[1] == '"\'=HYPERLINK(""http://x"")","12.30","2025-01-05","","是"'
    assert lines[2].startswith('"\'+1","-4.00"')
    assert lines[3].startswith('"\'@x"')
    assert lines[4].startswith('"䶮𠮷·""买"",买"')
    assert town.clerk.username in lines[5]
    assert "2025-03-10 09:00:00" in lines[5]


def test_a_workbook_holds_text_as_text_and_amounts_as_numbers(town: Town) -> None:
    content = export.xlsx("居民", HEAD, ROWS, town.clerk, town.now)
    mark, head, *rows = load_workbook(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert town.clerk.username in str(mark[0])
    assert head == HEAD
    assert rows[0] == ['=HYPERLINK("http://x")', 12.3, date(2025, 1, 5), "", "是"]
    assert b"<f>" not in content
    event = AuditEvent.objects.get(action="office.export")
    assert event.detail == {"rows": 4, "columns": HEAD}
    assert event.actor == town.clerk


def test_more_than_the_limit_is_refused_and_not_cut_short(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "LIMIT", 3)
    with pytest.raises(TooMany, match="3 行"):
        export.respond("csv", "居民", HEAD, ROWS, count=4, by=town.clerk, at=town.now)
    with pytest.raises(TooMany):
        export.xlsx("居民", HEAD, ROWS, town.clerk, town.now)
    assert not AuditEvent.objects.filter(action="office.export").exists()


def test_a_download_is_not_kept_by_the_browser(town: Town) -> None:
    answer = export.respond("csv", "居民", HEAD, ROWS[:3], count=3, by=town.clerk, at=town.now)
    assert answer["Cache-Control"] == "no-store"
    assert "202503100900.csv" in answer["Content-Disposition"]
