"""Files whose headings nobody knows: a clerk says once where they lead, and the next file of the sender is read so."""

from datetime import date
from io import BytesIO

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from python_calamine import load_workbook

from enrollment import certifying, roster
from enrollment.models import Resident
from office import headings, intake
from office.headings import CannotLead
from office.models import AuditEvent, Batch, Job, Mapping, Staff
from tests.town import Town

BANK = ["户名", "身份证", "所属村", "开户日期"]
CHOSEN = ["name", "id_number", "village", ""]


def bank_file(town: Town, *names: str, titles: list[str] | None = None, numbers: list[str] | None = None) -> bytes:
    lines = [[name, (numbers or [])[at] if numbers else town.number(), "东村", "2020-01-01"]
             for at, name in enumerate(names)]  # fmt: skip
    return "".join(",".join(line) + "\n" for line in [titles or BANK, *lines]).encode()


def send(town: Town, content: bytes, source: str = "农商银行", by: Staff | None = None) -> Batch:
    return intake.receive(roster.KIND, town.county, "开户.csv", content, {}, by or town.clerk, town.now, source=source)


def test_unknown_headings_are_asked_about_and_the_next_file_of_the_sender_is_not(town: Town) -> None:
    batch = send(town, bank_file(town, "赵一", "钱二"))
    assert (batch.state, batch.read, Resident.objects.count()) == (Batch.State.MAPPING, 0, 0)
    head, rows = intake.header_of(batch)
    assert head.told == BANK
    assert rows[0][0] == "赵一"
    assert "*" in rows[0][1]
    with pytest.raises(intake.CannotTake, match="待对应栏目"):
        intake.take(batch, town.clerk, town.now)

    batch = intake.lead(batch, CHOSEN, town.clerk, town.now)
    assert (batch.state, batch.read, batch.taken) == (Batch.State.PREVIEWED, 2, 2)
    assert intake.take(batch, town.clerk, town.now).state == Batch.State.TAKEN
    assert sorted(Resident.objects.values_list("name", flat=True)) == ["赵一", "钱二"]
    assert AuditEvent.objects.filter(action="intake.lead_roster").count() == 1

    known = send(town, bank_file(town, "孙三"))
    assert (known.state, known.taken, known.mapping["columns"]) == (Batch.State.PREVIEWED, 1, CHOSEN)
    assert send(town, bank_file(town, "李四"), source="建设银行").state == Batch.State.MAPPING
    other = ["户名", "身份证号", "所属村", "开户网点"]
    assert send(town, bank_file(town, "李四", titles=other)).state == Batch.State.MAPPING


def test_what_is_chosen_has_to_make_a_file_and_cells_are_read_as_strictly_as_ever(town: Town) -> None:
    batch = send(town, bank_file(town, "赵一", "12"))
    for wrong, says in (
        (["name", "", "village", ""], "缺少必需的栏目：证件号码"),
        (["name", "name", "id_number", ""], "只能对应一列：户名、身份证"),
        (["name", "id_number"], "不符"),
        (["name", "id_number", "wage", ""], "不符"),
    ):
        with pytest.raises(CannotLead, match=says):
            intake.lead(batch, wrong, town.clerk, town.now)
    assert not Mapping.objects.exists()
    batch = intake.lead(batch, CHOSEN, town.clerk, town.now)
    assert (batch.read, batch.taken, batch.refused) == (2, 1, 1)


def test_a_wrong_choice_is_put_right_before_the_taking_and_not_after(town: Town) -> None:
    batch = send(town, bank_file(town, "赵一"))
    wrong = intake.lead(batch, ["name", "id_number", "address", ""], town.clerk, town.now)
    assert (wrong.taken, wrong.refused) == (0, 1)
    right = intake.lead(wrong, CHOSEN, town.clerk, town.now)
    assert (right.taken, right.refused, Mapping.objects.get().columns) == (1, 0, CHOSEN)
    intake.take(right, town.clerk, town.now)
    with pytest.raises(intake.CannotTake, match="不能再对应"):
        intake.lead(right, CHOSEN, town.clerk, town.now)


def test_rows_given_back_come_in_again_under_the_same_headings(town: Town) -> None:
    batch = intake.lead(send(town, bank_file(town, "赵一", "12")), CHOSEN, town.clerk, town.now)
    back = intake.problem_file(intake.take(batch, town.clerk, town.now), town.clerk, town.now)
    _mark, head, *_rows = (row for row in load_workbook(BytesIO(back)).get_sheet_by_index(0).to_python() if any(row))
    assert head == ["原行号", "退回原因", *BANK]
    again = intake.receive("roster", town.county, "退回.xlsx", back, {}, town.clerk, town.now, source="农商银行")
    assert (again.state, again.mapping["columns"]) == (Batch.State.PREVIEWED, CHOSEN)


def test_an_office_remembers_for_those_below_and_forgets_when_told(town: Town) -> None:
    intake.lead(send(town, bank_file(town, "赵一")), CHOSEN, town.clerk, town.now)
    below, stranger = town.member("clerk", town.county), town.member("clerk", town.other_county)
    assert send(town, bank_file(town, "钱二"), by=below).state == Batch.State.PREVIEWED
    far = intake.receive("roster", town.far_village, "a.csv", bank_file(town, "孙三"), {}, stranger, town.now)
    assert far.state == Batch.State.MAPPING  # it named no source
    headings.forget(Mapping.objects.get(), town.clerk, town.now)
    assert send(town, bank_file(town, "李四"), by=below).state == Batch.State.MAPPING


def test_our_own_headings_without_a_source_are_never_remembered_otherwise(town: Town) -> None:
    titles = ["姓名", "证件号码", "村（社区）", "身份起"]
    batch = send(town, bank_file(town, "赵一", titles=titles), source="")
    assert batch.state == Batch.State.PREVIEWED
    intake.lead(batch, CHOSEN, town.clerk, town.now)
    assert not Mapping.objects.exists()


def test_the_same_file_with_other_parameters_is_another_file(town: Town) -> None:
    poor = town.resident("低保户", village=town.village)
    content = f"姓名,证件号码\n低保户,{poor.id_number}\n".encode()
    told = {"day": "2025-03-01", "full": False, "department": "民政局"}
    first, second = (
        intake.receive(certifying.KIND, town.county, "a.csv", content, {**told, "group": group}, town.clerk, town.now)
        for group in ("minimum_living", "orphan")
    )
    assert intake.take(first, town.clerk, town.now).state == Batch.State.TAKEN
    assert intake.take(second, town.clerk, town.now).state == Batch.State.TAKEN
    assert set(poor.statuses.values_list("group", flat=True)) == {"minimum_living", "orphan"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.filter(pk=second.pk).update(terms=first.terms)


def test_two_memories_of_the_same_headings_are_refused_by_the_database(town: Town) -> None:
    told = {"kind": "roster", "source": "银行", "area": town.county, "headings": ["户名"], "digest": "1"}
    said = {"columns": ["name"], "said_by": town.clerk, "said_at": town.now}
    Mapping.objects.create(**told, **said)
    with pytest.raises(IntegrityError), transaction.atomic():
        Mapping.objects.create(**told, **said)


def test_a_large_file_is_read_by_a_job_and_then_shown(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "LARGE", 2)
    batch = send(town, bank_file(town, "赵一", "钱二", "孙三"))
    job = intake.job_of(batch)
    assert job is not None
    assert (batch.state, job.state) == (Batch.State.READING, Job.State.WAITING)
    with pytest.raises(intake.CannotTake, match="正在读取"):
        intake.take(batch, town.clerk, town.now)
    town.work()
    batch.refresh_from_db()
    assert batch.state == Batch.State.MAPPING
    intake.lead(batch, CHOSEN, town.clerk, town.now)
    town.work()
    batch.refresh_from_db()
    assert (batch.state, batch.taken) == (Batch.State.PREVIEWED, 3)

    broken = send(town, '姓名,证件号码\n王五,1\n"六,2\n'.encode() + b"a\n" * 3)
    town.work()
    broken.refresh_from_db()
    assert (broken.state, bytes(broken.content)) == (Batch.State.UNREADABLE, b"")
    assert "引号" in broken.message


def test_the_pages_ask_show_and_forget(town: Town, client: Client) -> None:
    batch = send(town, bank_file(town, "赵一"))
    client.force_login(town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("office:headings", args=[batch.pk])
    assert client.get(reverse("office:file", args=[batch.pk])).headers["Location"] == page
    assert "还缺必需的栏目" in client.get(page).content.decode()
    assert "缺少必需的栏目" in client.post(page, {"column": ["name", "", "", ""]}).content.decode()
    assert client.post(page, {"column": CHOSEN}).status_code == 302
    assert "户名 → 姓名" in client.get(reverse("office:file", args=[batch.pk])).content.decode()
    listed = client.get(reverse("office:mappings")).content.decode()
    assert "户名→姓名" in listed
    kept = Mapping.objects.get()
    assert "开户日期" in client.get(reverse("office:mapping", args=[kept.pk])).content.decode()
    client.post(reverse("office:forget-mapping", args=[kept.pk]))
    assert not Mapping.objects.exists()


def test_a_full_list_that_only_ends_people_can_be_taken(town: Town) -> None:
    stays, goes = (town.resident(name, village=town.village) for name in ("留下", "离开"))
    for resident in (stays, goes):
        resident.statuses.create(group="orphan", since=date(2024, 1, 1), certified_by="民政局")
    content = f"姓名,证件号码\n留下,{stays.id_number}\n".encode()
    told = {"group": "orphan", "day": "2025-03-01", "full": True, "department": "民政局"}
    batch = intake.receive(certifying.KIND, town.county, "全量.csv", content, told, town.clerk, town.now)
    assert (batch.taken, batch.duplicate, intake.changes(batch)) == (0, 1, 1)
    intake.take(batch, town.clerk, town.now)
    assert goes.statuses.get().until == date(2025, 2, 28)
    assert stays.statuses.get().until is None
