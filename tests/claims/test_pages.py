"""The pages of claims: each role finds its own rows, decides once, and is told why where it may not."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from claims import admission
from claims.models import Agreement, Application, Claim, ContractAct, Filing, Institution
from office import notices
from office.models import AuditEvent, Batch
from tests.claims.test_intake import csv, line
from tests.town import Town


@pytest.fixture
def desk_of(client: Client) -> Any:
    def enter(staff: Any) -> Client:
        client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter


def _decide(client: Client, claim: Claim, act: str, **more: str) -> Any:
    claim.refresh_from_db()
    seen = claim.adjudicated_at.isoformat() if claim.adjudicated_at else ""
    return client.post(reverse("claims:decide", args=[claim.pk]), {"act": act, "seen": seen, **more}, follow=True)


def test_the_list_finds_by_number_name_and_whole_identity_number(town: Town, desk_of: Any) -> None:
    hospital = town.hospital()
    one = town.claim(town.patient(name="赵一"), hospital)
    two = town.claim(town.patient(name="钱二"), hospital)
    client = desk_of(town.reviewer)
    for asked in (one.number, "赵一", one.resident.id_number):
        page = client.get(reverse("claims:claims"), {"q": asked}).content.decode()
        assert one.number in page and two.number not in page
    assert two.number not in client.get(reverse("claims:claims"), {"state": "approved"}).content.decode()


def test_the_list_leaves_as_a_file_that_is_recorded(town: Town, desk_of: Any) -> None:
    claim = town.claim(town.patient(), town.hospital())
    answer = desk_of(town.reviewer).get(reverse("claims:claims"), {"export": "csv"})
    assert claim.number in answer.content.decode()
    assert AuditEvent.objects.filter(action="office.export").exists()


def test_another_county_sees_none_of_it(town: Town, desk_of: Any) -> None:
    claim = town.claim(town.patient(), town.hospital("county"))
    client = desk_of(town.member("reviewer", town.other_county))
    assert claim.number not in client.get(reverse("claims:claims")).content.decode()
    for name in ("claim", "decide", "reveal"):
        ask = client.get if name == "claim" else client.post
        assert ask(reverse(f"claims:{name}", args=[claim.pk])).status_code == 404
    assert client.get(reverse("claims:institution", args=[claim.institution_id])).status_code == 404


def test_the_page_shows_why_with_the_article_and_hides_number_and_diagnosis(town: Town, desk_of: Any) -> None:
    claim = town.claim(town.patient(), town.hospital(), "10000.00", diagnosis="精神分裂症")
    client = desk_of(town.reviewer)
    page = client.get(reverse("claims:claim", args=[claim.pk])).content.decode()
    for shown in ("7,200.00", "JZ15.1", "为什么是这个金额", "西药费", "待审核"):
        assert shown in page
    assert claim.resident.id_number not in page and "精神分裂症" not in page
    told = client.post(reverse("claims:reveal", args=[claim.pk])).content.decode()
    assert claim.resident.id_number in told and "精神分裂症" in told
    assert AuditEvent.objects.filter(action="claims.reveal", actor=town.reviewer).count() == 1


@pytest.mark.article("JZ32")
def test_the_queue_goes_from_claim_to_claim_until_nothing_waits(town: Town, desk_of: Any) -> None:
    hospital = town.hospital()
    first, second = town.claim(town.patient(), hospital), town.claim(town.patient(), hospital)
    client = desk_of(town.reviewer)
    assert first.number in client.get(reverse("claims:queue")).content.decode()
    page = _decide(client, first, "approve", queue="1").content.decode()
    assert second.number in page
    page = _decide(client, second, "refuse", message="冒名就医", article="JZ20", queue="1").content.decode()
    assert "没有等待您审核的申报" in page
    assert list(Claim.objects.order_by("pk").values_list("state", flat=True)) == ["approved", "refused"]


def test_skipping_shows_the_next_one(town: Town, desk_of: Any) -> None:
    hospital = town.hospital()
    first, second = town.claim(town.patient(), hospital), town.claim(town.patient(), hospital)
    page = desk_of(town.reviewer).get(reverse("claims:queue"), {"after": first.pk}).content.decode()
    assert second.number in page


def test_amounts_that_changed_in_the_meantime_have_to_be_seen_first(town: Town, desk_of: Any) -> None:
    claim = town.claim(town.patient(), town.hospital())
    client = desk_of(town.reviewer)
    answer = client.post(
        reverse("claims:decide", args=[claim.pk]), {"act": "approve", "seen": "2024-01-01T00:00:00+00:00"}, follow=True
    )
    assert "已重新核算" in answer.content.decode()
    claim.refresh_from_db()
    assert claim.state == "adjudicated"


@pytest.mark.parametrize("act", ["refuse", "return", "inquiry"])
def test_a_decision_without_its_reason_changes_nothing(town: Town, desk_of: Any, act: str) -> None:
    claim = town.claim(town.patient(), town.hospital())
    assert "请写明理由" in _decide(desk_of(town.reviewer), claim, act).content.decode()
    claim.refresh_from_db()
    assert claim.state == "adjudicated"


def test_an_inquiry_is_sent_and_answered_on_the_page(town: Town, desk_of: Any) -> None:
    claim = town.claim(town.patient(), town.hospital())
    client = desk_of(town.reviewer)
    _decide(client, claim, "inquiry", message="疑似外伤")
    _decide(client, claim, "covered", message="走访属实")
    claim.refresh_from_db()
    assert (claim.state, claim.inquiry) == ("adjudicated", "covered")


def test_a_manager_withdraws_and_does_not_review(town: Town, desk_of: Any) -> None:
    claim = town.claim(town.patient(), town.hospital())
    client = desk_of(town.manager)
    assert _decide(client, claim, "approve").status_code == 403
    client.post(reverse("claims:withdraw", args=[claim.pk]), {"message": "重复申报"})
    claim.refresh_from_db()
    assert claim.state == "cancelled"


@pytest.mark.parametrize("role", ["clerk", "system", "security"])
def test_who_has_no_duty_in_claims_is_not_let_in(town: Town, desk_of: Any, role: str) -> None:
    claim = town.claim(town.patient(), town.hospital())
    client = desk_of(town.member(role))
    assert client.get(reverse("claims:claims")).status_code == 403
    assert client.get(reverse("claims:claim", args=[claim.pk])).status_code == 403


def test_a_file_is_uploaded_previewed_and_taken(town: Town, desk_of: Any) -> None:
    hospital, patient = town.hospital(), town.patient()
    client = desk_of(town.manager)
    content = csv(line(patient, "JS1"), line(patient, "JS2", 金额="-1"))
    page = client.post(
        reverse("office:upload", args=["claims"]),
        {"institution": hospital.pk, "file": SimpleUploadedFile("费用.csv", content)},
        follow=True,
    )
    assert "金额" in page.content.decode()
    batch = Batch.objects.get()
    client.post(reverse("office:take", args=[batch.pk]))
    assert Claim.objects.get().state == "adjudicated"


def test_an_institution_is_admitted_signed_and_ended(town: Town, desk_of: Any) -> None:
    client = desk_of(town.manager)
    told = {
        "code": "H14070200999",
        "name": "新医院",
        "area": town.county.pk,
        "since": "2025-01-01",
        "level": "2",
        "grade": "A",
        "affiliation": "county",
        "location": "in_city",
        "ownership": "public",
        "beds": "300",
    }
    client.post(reverse("claims:admit"), told)
    hospital = Institution.objects.get(code="H14070200999")
    again = client.post(reverse("claims:admit"), told)
    assert "已登记" in again.content.decode()
    told = {"number": "XY-2025-9", "since": "2099-01-01", "until": "2103-12-31", "method": "fee_for_service",
            "deposit_rate": "0.05", "why": "新签"}  # fmt: skip
    sign = reverse("claims:sign", args=[hospital.pk])
    assert "须先申请定点" in client.post(sign, told).content.decode()  # nobody applied
    made = admission.apply_for(hospital, town.today, "许可证", by=town.manager, at=town.now)
    page = reverse("claims:application", args=[made.pk])
    found = {"assessed_on": "2025-03-10", "score": "90", "fit": "1", "findings": "合格"}
    for who in (town.reviewer, town.rechecker):
        desk_of(who).post(reverse("claims:assess", args=[made.pk]), found)
    admission.publish(Application.objects.get(), town.today, town.today, by=town.manager, at=town.now)
    desk_of(town.manager)
    assert "评估合格 → 公示" in client.get(page).content.decode()
    client.post(sign, told)
    act, decision = ContractAct.objects.get(), {"decision": "confirm"}
    decide = reverse("claims:decide-act", args=[act.pk])
    assert client.post(decide, decision).status_code == 403  # a manager does not check
    shown = desk_of(town.rechecker).get(reverse("claims:act", args=[act.pk])).content.decode()
    assert "XY-2025-9" in shown and "复核通过" in shown
    desk_of(town.rechecker).post(decide, decision)
    desk_of(town.manager)
    agreement, on = Agreement.objects.get(), {"on": "2099-06-01", "since": "2098-12-31"}
    assert "新医院" in client.get(reverse("claims:institutions"), {**on, "designated": "1"}).content.decode()
    listed = client.get(reverse("claims:designated"), on).content.decode()
    assert "XY-2025-9" in listed and "新增 1 家" in listed
    assert "新医院" in client.get(reverse("claims:print-designated"), on).content.decode()
    assert "新医院" not in client.get(reverse("claims:print-designated"), {**on, "level": "1"}).content.decode()
    ends = {"on": "2099-05-31", "reason": "breach", "notice_on": "2099-05-01", "why": "违反协议"}
    client.post(reverse("claims:end-agreement", args=[agreement.pk]), ends)
    desk_of(town.rechecker).post(reverse("claims:decide-act", args=[ContractAct.objects.latest("pk").pk]), decision)
    desk_of(town.manager)
    assert "新医院" not in client.get(reverse("claims:institutions"), {**on, "designated": "1"}).content.decode()
    assert "违反协议" in client.get(reverse("claims:institution-history", args=[hospital.pk])).content.decode()
    assert client.get(reverse("claims:institution", args=[hospital.pk])).status_code == 200


def test_a_secret_is_shown_once_and_a_closed_connection_stays_closed(town: Town, desk_of: Any) -> None:
    hospital, client = town.hospital(), desk_of(town.manager)
    shown = client.post(reverse("claims:connect", args=[hospital.pk])).content.decode()
    [connection] = hospital.connections.all()
    assert connection.secret in shown
    page = client.get(reverse("claims:institution", args=[hospital.pk])).content.decode()
    assert connection.key in page and connection.secret not in page
    for _again in range(2):
        client.post(reverse("claims:disconnect", args=[connection.pk]))
    connection.refresh_from_db()
    assert connection.closed_at is not None
    town.contracted(hospital, "甲")
    reviewer = desk_of(town.reviewer)
    listed = reviewer.get(reverse("claims:messages"), {"status": "4", "q": "甲号"}).content.decode()
    assert "甲报文" in listed
    assert "甲报文" not in reviewer.get(reverse("claims:messages"), {"status": "2"}).content.decode()
    assert "拒" in reviewer.get(reverse("claims:message", args=[hospital.messages.get().pk])).content.decode()


def test_a_clerk_files_care_elsewhere(town: Town, desk_of: Any) -> None:
    patient = town.patient()
    client = desk_of(town.clerk)
    told = {"id_number": patient.id_number, "kind": "referral", "since": "2025-03-01", "until": "2025-04-30"}
    client.post(reverse("claims:file"), told)
    assert Filing.objects.get().resident == patient
    assert "重叠" in client.post(reverse("claims:file"), {**told, "number": "BA1"}).content.decode()
    assert Filing.objects.get().number in client.get(reverse("claims:filings")).content.decode()


TRIAL = {
    "policy": "jinzhong_2017",
    "benefit": "inpatient",
    "birth_date": "1970-01-01",
    "cover_from": "2025-01-01",
    "cover_to": "2025-12-31",
    "admitted": "2025-03-02",
    "discharged": "2025-03-12",
    "designated": "on",
    "level": "2",
    "grade": "A",
    "affiliation": "county",
    "location": "in_city",
    "ownership": "public",
    "beds": "400",
    "filing": "none",
    "cause": "illness",
    "line-TOTAL_FORMS": "1",
    "line-INITIAL_FORMS": "0",
    "line-0-kind": "drug",
    "line-0-klass": "A",
    "line-0-amount": "10000.00",
}


def test_the_trial_calculation_answers_with_its_worksheet(town: Town, desk_of: Any) -> None:
    client = desk_of(town.clerk)
    assert client.get(reverse("claims:estimate")).status_code == 200
    page = client.post(reverse("claims:estimate"), TRIAL).content.decode()
    assert "7200.00" in page and "JZ15.1" in page
    assert not Claim.objects.exists()


def test_the_trial_calculation_follows_the_notices_of_the_office(town: Town, desk_of: Any) -> None:
    told = notices.enter(
        town.policy, "inpatient.ceiling", "5000", date(2025, 1, 1), "市医保发〔2025〕3号", by=town.manager, at=town.now
    )
    notices.approve(told, by=town.rechecker, at=town.now)
    page = desk_of(town.clerk).post(reverse("claims:estimate"), TRIAL).content.decode()
    assert "5000.00" in page and "市医保发〔2025〕3号" in page


def test_the_trial_calculation_says_what_it_does_not_understand(town: Town, desk_of: Any) -> None:
    page = desk_of(town.clerk).post(reverse("claims:estimate"), {**TRIAL, "discharged": "2025-03-01"}).content.decode()
    assert "hm-error" in page


def test_every_table_of_claims_opens_in_the_admin(town: Town, desk_of: Any) -> None:
    claim = town.approved(town.patient(), town.hospital())
    client = desk_of(town.manager)
    for model in (
        "claim",
        "claimline",
        "claimmove",
        "accumulator",
        "institution",
        "institutionfacts",
        "agreement",
        "filing",
    ):
        assert client.get(reverse(f"admin:claims_{model}_changelist")).status_code == 200
    assert client.get(reverse("admin:claims_claim_change", args=[claim.pk])).status_code == 200
    assert Decimal(claim.basic) > 0
