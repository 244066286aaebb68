"""The office's desks in the admin: each role does its duty there and is refused the others'."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from office import audit, export, jobs, notices
from office.models import Area, AuditEvent, Batch, Job, Notice, Problem, Staff
from tests.town import Town

MODELS = ("area", "staff", "notice", "batch", "problem", "job", "chunk", "auditevent")
Enter = Callable[[Staff], Client]


@pytest.fixture
def enter(town: Town) -> Enter:
    def enter(staff: Staff) -> Client:
        staff.is_staff = True
        staff.save()
        client = Client()
        client.force_login(staff)
        return client

    return enter


@pytest.fixture
def filled(town: Town) -> Town:
    """A town with one row of everything that the office keeps."""
    batch = Batch.objects.create(
        kind="roster", area=town.county, file_name="名册.csv", digest="0" * 64, content=b"", uploaded_by=town.clerk,
        uploaded_at=town.now,
    )  # fmt: skip
    Problem.objects.create(batch=batch, line=3, field="姓名", message="不能为空")
    jobs.start("unknown", "k:1", "试验任务", town.county, [jobs.Piece("一", [1])], town.clerk, town.now)
    notices.enter("jinzhong_2017", "inpatient.ceiling", "80000", town.today, "晋〔2025〕1号", town.manager, town.now)
    audit.record(town.clerk, "test.act", "x", at=town.now)
    assert town.everyone
    return town


def page(name: str, *args: object) -> str:
    return reverse(f"admin:office_{name}", args=args)


@pytest.mark.parametrize("role", Staff.Role.values)
def test_every_page_answers_each_role_by_its_duty(filled: Town, enter: Enter, role: str) -> None:
    client = enter(filled.member(role))
    shown = {model for model in MODELS if client.get(page(f"{model}_changelist")).status_code == 200}
    everybody = {"area", "job", "chunk"}
    desks = {
        "clerk": {"batch", "problem"}, "reviewer": {"batch", "problem"}, "rechecker": {"batch", "problem", "notice"},
        "accountant": {"batch", "problem"}, "manager": {"batch", "problem", "notice"}, "system": set(),
        "security": {"staff"}, "auditor": {"batch", "problem", "notice", "staff", "auditevent"},
    }  # fmt: skip
    assert shown == everybody | desks[role]
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_every_record_opens_and_only_accounts_can_be_changed(filled: Town, enter: Enter, model: str) -> None:
    see = {"staff": "security", "notice": "manager", "auditevent": "auditor"}.get(model, "manager")
    client = enter(filled.member(see))
    rows = {"area": Area, "staff": Staff, "notice": Notice, "batch": Batch, "problem": Problem, "job": Job}
    subject = filled.member("clerk", filled.county) if model == "staff" else None
    row = subject or (rows[model].objects.last() if model in rows else None)
    row = row or (AuditEvent.objects.first() if model == "auditevent" else Job.objects.last().chunks.first())
    answer = client.get(page(f"{model}_change", row.pk))
    assert answer.status_code == 200
    assert (b'name="_save"' in answer.content) == (model == "staff")
    assert client.get(page(f"{model}_changelist"), {"q": "x"}).status_code == 200
    assert client.post(page(f"{model}_delete", row.pk), {"post": "yes"}).status_code == 403


def test_nobody_sees_records_of_another_county(filled: Town, enter: Enter) -> None:
    here, there = (enter(filled.member("auditor", county)) for county in filled.counties)
    batch = Batch.objects.get()
    for model, row in (("batch", batch), ("problem", batch.problems.get()), ("job", Job.objects.get())):
        assert here.get(page(f"{model}_change", row.pk)).status_code == 200
        assert there.get(page(f"{model}_change", row.pk)).status_code == 302  # "does not exist" for this person
        assert str(row).encode() not in there.get(page(f"{model}_changelist")).content


def test_who_is_no_staff_of_the_admin_is_sent_away(town: Town) -> None:
    client = Client()
    client.force_login(town.clerk)
    assert client.get(reverse("admin:index")).status_code == 302


def test_the_system_administrator_adds_a_village_below(town: Town, enter: Enter) -> None:
    client = enter(town.member("system", town.county))
    told = {"parent": town.towns[0].pk, "code": f"{town.towns[0].code}209", "name": "新村"}
    assert client.post(page("area_add"), told).status_code == 302
    made = Area.objects.get(code=told["code"])
    assert made.path == f"{town.towns[0].path}{made.code}/"
    assert AuditEvent.objects.get(action="office.add_area").actor == town.member("system", town.county)
    wrong = client.post(page("area_add"), told | {"code": "320302100201"})
    assert "不在" in wrong.content.decode()
    elsewhere = client.post(page("area_add"), told | {"parent": town.towns[1].pk, "code": f"{town.towns[1].code}209"})
    assert elsewhere.status_code == 200
    assert not Area.objects.filter(code=f"{town.towns[1].code}209").exists()
    assert enter(town.manager).get(page("area_add")).status_code == 403


def test_a_new_site_is_set_up_by_a_superuser(db: None) -> None:
    client = Client()
    client.force_login(Staff.objects.create_superuser("root", password="x"))
    assert client.post(page("area_add"), {"parent": "", "code": "140700", "name": "晋中市"}).status_code == 302
    city = Area.objects.get(code="140700")
    assert Area.objects.filter(parent=city).count() == 11
    account = {
        "username": "an", "name": "安", "role": "security", "area": city.pk, "is_staff": "on",
        "password1": "ping-an-2025-xiao", "password2": "ping-an-2025-xiao", "usable_password": "true",
    }  # fmt: skip
    assert client.post(page("staff_add"), account).status_code == 302
    assert Staff.objects.get(username="an").area == city
    assert client.get(page("batch_changelist")).status_code == 403  # and sees nobody's records


def test_accounts_are_kept_within_the_area_recorded_and_never_ones_own(town: Town, enter: Enter) -> None:
    keeper = town.member("security", town.county)
    client = enter(keeper)
    mine, other = town.member("clerk", town.village), town.member("clerk", town.far_village)
    told = {"username": mine.username, "name": "新名", "role": "reviewer", "area": town.county.pk, "is_active": "on"}
    assert client.post(page("staff_change", mine.pk), told).status_code == 302
    mine.refresh_from_db()
    assert (mine.role, mine.area) == ("reviewer", town.county)
    assert AuditEvent.objects.get(action="office.change_account").detail["role"] == "reviewer"
    assert client.get(page("staff_change", other.pk)).status_code == 302
    assert client.post(page("staff_change", keeper.pk), told).status_code == 403
    moved = client.post(page("staff_change", mine.pk), told | {"area": town.far_village.pk})
    assert moved.status_code == 200
    assert client.post(page("staff_change", mine.pk), told | {"is_superuser": "on"}).status_code == 302
    mine.refresh_from_db()
    assert not mine.is_superuser

    password = {"password1": "xin-mi-ma-2025-an", "password2": "xin-mi-ma-2025-an", "usable_password": "true"}
    assert client.post(reverse("admin:auth_user_password_change", args=[mine.pk]), password).status_code == 302
    mine.refresh_from_db()
    assert mine.check_password("xin-mi-ma-2025-an")
    assert AuditEvent.objects.filter(action="office.change_account").count() == 3


def test_a_notice_is_entered_by_the_manager_and_approved_by_the_rechecker(town: Town, enter: Enter) -> None:
    manager = enter(town.manager)
    told = {
        "policy": "jinzhong_2017", "key": "inpatient.ceiling", "tier": "", "value": "80000", "since": "2025-06-01",
        "document": "晋医保〔2025〕9号", "title": "",
    }  # fmt: skip
    wrong = manager.post(page("notice_add"), told | {"value": "八万"})
    assert "不能读作" in wrong.content.decode()
    assert manager.post(page("notice_add"), told).status_code == 302
    notice = Notice.objects.get()
    assert (notice.entered_by, notice.approved_by) == (town.manager, None)
    ticked = {"action": "approve", "_selected_action": [notice.pk]}
    manager.post(page("notice_changelist"), ticked)
    notice.refresh_from_db()
    assert notice.approved_by is None
    enter(town.rechecker).post(page("notice_changelist"), ticked)
    notice.refresh_from_db()
    assert notice.approved_by == town.rechecker
    assert manager.get(page("notice_history", notice.pk)).status_code == 200


@pytest.mark.parametrize("name", ["articles", "figures", "gaps"])
@pytest.mark.parametrize("policy", ["xuzhou_2023", "binzhou_2021", "national_2024", "nonsense"])
def test_the_regulations_are_shown_article_by_article(town: Town, enter: Enter, name: str, policy: str) -> None:
    answer = enter(town.auditor).get(page(name), {"policy": policy})
    assert answer.status_code == 200
    text = answer.content.decode()
    expected = {
        ("articles", "xuzhou_2023"): "XZ08.4a", ("figures", "binzhou_2021"): "inpatient.ratio",
        ("gaps", "binzhou_2021"): "regulation.until",
    }  # fmt: skip
    assert expected.get((name, policy), "<table") in text


def test_the_auditor_checks_the_chain(filled: Town, enter: Enter) -> None:
    answer = enter(filled.auditor).get(reverse("admin:office_auditevent_verify"), follow=True)
    assert "审计链完整" in answer.content.decode()


def test_the_system_administrator_retries_a_job(filled: Town, enter: Enter) -> None:
    Job.objects.update(state="failed")
    ticked = {"action": "retry", "_selected_action": [Job.objects.get().pk]}
    enter(filled.manager).post(page("job_changelist"), ticked)
    assert Job.objects.get().state == "failed"
    enter(filled.system).post(page("job_changelist"), ticked)
    assert Job.objects.get().state == "waiting"


def test_ticked_rows_are_exported_and_recorded(filled: Town, enter: Enter) -> None:
    ticked = {"action": "export_ticked", "_selected_action": [Batch.objects.get().pk]}
    answer = enter(filled.manager).post(page("batch_changelist"), ticked)
    assert answer["Content-Type"].startswith("application/vnd")
    assert AuditEvent.objects.filter(action="office.export").exists()


def test_no_file_content_reaches_the_admin(filled: Town, enter: Enter) -> None:
    assert "content" not in {field.name for field in Batch._meta.fields if field.editable}


def test_a_code_that_another_area_has_is_refused_on_the_form(town: Town, enter: Enter) -> None:
    told = {"parent": town.towns[0].pk, "code": town.village.code, "name": "别的村"}
    assert "已属于" in enter(town.system).post(page("area_add"), told).content.decode()
    assert enter(town.system).post(page("area_add"), told | {"parent": "nonsense"}).status_code == 200


def test_files_are_seen_by_whose_duty_they_are(town: Town, enter: Enter) -> None:
    Batch.objects.create(
        kind="claims", area=town.city, file_name="医院.csv", digest="1", content=b"", uploaded_by=town.manager,
        uploaded_at=town.now,
    )  # fmt: skip
    for role, sees in (("clerk", False), ("manager", True), ("auditor", True)):
        listed = enter(town.member(role)).get(page("batch_changelist")).content.decode()
        assert ("医院.csv" in listed) is sees, role


def test_a_refused_action_is_a_message(filled: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "LIMIT", 0)
    told = {"action": "export_ticked", "_selected_action": [Job.objects.get().pk]}
    answer = enter(filled.manager).post(page("job_changelist"), told, follow=True)
    assert "请先用筛选缩小范围" in answer.content.decode()
