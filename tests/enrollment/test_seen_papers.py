"""Papers that were checked: kept with their scans under seal, withdrawn with a reason, asked for by the city's text."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from enrollment import merging, papers, registration
from enrollment.models import Paper, Resident, ScanPiece
from enrollment.papers import CannotFile
from office.models import AuditEvent
from tests.office.test_scans import JPEG, PDF, PNG
from tests.town import Town

pytestmark = pytest.mark.django_db
NEWCOMER = {"on": date(2025, 3, 3)}


@pytest.fixture
def xuzhou(db: None) -> Town:
    return Town("320300", "xuzhou_2023")


def _file(town: Town, resident: Resident, kind: str = "household_book", **more: object) -> Paper:
    return papers.file(resident, kind, **({"by": town.clerk, "on": town.today, "at": town.now} | more))


def _signed_in(staff: object) -> Client:
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_scan_comes_back_as_it_was_and_lies_sealed_in_pieces(town: Town) -> None:
    long = PDF[: PDF.rindex(b"startxref")] + b"%" * 600_000 + b"\n" + PDF[PDF.rindex(b"startxref") :]
    for content in (PNG, JPEG, long):
        paper = _file(town, town.resident(), number="320101", scan=[content[:100], content[100:]])
        assert papers.download(paper, by=town.clerk, at=town.now) == content
    assert [piece.number for piece in paper.scan.pieces.all()] == [1, 2, 3]
    for piece in ScanPiece.objects.all():
        assert PDF[:64] not in bytes(piece.content)
        assert PNG[:16] not in bytes(piece.content)
    assert AuditEvent.objects.filter(action="papers.download").count() == 3


def test_a_scan_that_was_touched_is_not_given_out(town: Town) -> None:
    paper = _file(town, town.resident(), scan=[PDF])
    other = _file(town, town.resident(), scan=[PNG])
    # Rows that stand are kept by the tables; a piece slipped in behind them is found by the fingerprint.
    ScanPiece.objects.create(scan=paper.scan, number=2, content=other.scan.pieces.get().content)
    with pytest.raises(CannotFile, match="指纹"):
        papers.download(paper, by=town.clerk, at=town.now)


@pytest.mark.article("XZ08.2")
def test_what_the_text_asks_for_is_lacking_until_it_was_seen(xuzhou: Town) -> None:
    resident = xuzhou.resident(**NEWCOMER)
    lacks = [one.label for one in papers.checklist(resident, xuzhou.today) if not one.seen]
    assert lacks == ["户口簿", "居民身份证或出生医学证明"]
    everyone = Resident.objects.all()
    assert list(papers.lacking(everyone, xuzhou.city, xuzhou.today)) == [resident]
    _file(xuzhou, resident, whole_household=True)
    card = _file(xuzhou, resident, "id_card")
    assert all(one.seen for one in papers.checklist(resident, xuzhou.today))
    assert not papers.lacking(everyone, xuzhou.city, xuzhou.today).exists()
    papers.withdraw(card, "复印件非本人", by=xuzhou.clerk, on=xuzhou.today, at=xuzhou.now)
    assert list(papers.lacking(everyone, xuzhou.city, xuzhou.today)) == [resident]


@pytest.mark.article("XZ08.2")
def test_each_ground_event_and_standing_asks_for_its_own_papers(xuzhou: Town) -> None:
    permit = xuzhou.resident(basis="residence_permit", **NEWCOMER)
    pupil = xuzhou.resident(birth=date(2014, 1, 1), basis="pupil", **NEWCOMER)
    left = xuzhou.resident(
        groups=["severely_disabled"], event="left_employee_insurance", event_on=date(2025, 3, 1), **NEWCOMER
    )
    asked = {
        r: [(one.kinds[0], one.article) for one in papers.checklist(r, xuzhou.today)] for r in (permit, pupil, left)
    }
    assert asked[permit] == [("residence_permit", "XZ08.2")]
    assert asked[pupil] == [("household_book", "XZ08.2"), ("student", "XZ08.2")]
    assert asked[left][2:] == [("employee_ended", "XZ10.4"), ("disability", "XZ09.3")]


@pytest.mark.article("JZ08", "BZ04")
@pytest.mark.parametrize(
    ("city", "policy", "article"),
    [("140700", "jinzhong_2017", "JZ08"), ("371600", "binzhou_2021", "BZ02"), ("510400", "panzhihua_2023", "")],
)
def test_the_other_cities_ask_for_what_their_texts_name(db: None, city: str, policy: str, article: str) -> None:
    """A newborn in each: papers of the parents, the household book, nothing where the text is silent."""
    town = Town(city, policy)
    child = town.newborn(date(2025, 2, 1))
    assert [one.article for one in papers.checklist(child, town.today)] == [article] * bool(article)


@pytest.mark.article("XZ08.2", "BZ04")
def test_papers_are_ticked_at_registration_and_the_book_counts_for_all(xuzhou: Town) -> None:
    head = xuzhou.papers()
    head.seen = ["household_book", "id_card"]
    member = xuzhou.papers(relation="子", birth=date(2010, 1, 1))
    household = xuzhou.household(head, member, on=NEWCOMER["on"])
    child = household.members.get(relation="子")
    assert [one.label for one in papers.checklist(child, xuzhou.today) if not one.seen] == ["居民身份证或出生医学证明"]
    assert list(papers.lacking(Resident.objects.all(), xuzhou.city, xuzhou.today)) == [child]
    assert AuditEvent.objects.get(action="registration.household").detail["papers"] == 2


def test_a_paper_that_cannot_be_put_down_is_refused_in_a_sentence(town: Town) -> None:
    resident = town.resident()
    student = registration.register_resident(
        town.county, town.papers(birth=date(2006, 1, 1), school=town.school(), basis="university"),
        by=town.clerk, on=town.today, at=town.now,
    )  # fmt: skip
    for person, told, says in (
        (resident, {"kind": "other"}, "备注"),
        (resident, {"kind": "passport of a friend"}, "没有这种材料"),
        (student, {"kind": "household_book", "whole_household": True}, "不属于家庭"),
        (resident, {"kind": "id_card", "scan": [b"MZ"]}, "只收 PDF"),
        (resident, {"kind": "id_card", "by": town.member("clerk", town.other_county)}, "不在您的管辖区域内"),
    ):
        with pytest.raises(Exception, match=says):
            _file(town, person, **told)
    assert not Paper.objects.exists()
    paper = _file(town, resident)
    papers.withdraw(paper, "重复", by=town.clerk, on=town.today, at=town.now)
    with pytest.raises(CannotFile, match="已撤下"):
        papers.withdraw(paper, "重复", by=town.clerk, on=town.today, at=town.now)


def test_papers_go_with_the_record_that_is_kept_and_come_back(town: Town) -> None:
    child, card = town.newborn(date(2025, 2, 1), name="宝宝"), town.resident("宝宝", date(2025, 2, 1))
    paper = _file(town, card, "birth_certificate", scan=[PDF])
    row = merging.merge(child, card, by=town.clerk, on=town.today, at=town.now, why="同一人")
    paper.refresh_from_db()
    assert paper.resident == child
    merging.undo(row, by=town.clerk, on=town.today, at=town.now)
    paper.refresh_from_db()
    assert paper.resident == card


def test_a_scan_leaves_as_a_download_and_never_opens_in_the_browser(town: Town) -> None:
    resident, client = town.resident(), _signed_in(town.clerk)
    address = reverse("enrollment:add-paper", args=[resident.pk])
    told = {"kind": "household_book", "seen_on": "2025-03-01", "whole_household": "on"}
    wrong = SimpleUploadedFile("户口簿.pdf", b"<script>alert(1)</script>", "application/pdf")
    assert "只收 PDF、JPEG 或 PNG" in client.post(address, told | {"scan": wrong}).content.decode()
    hostile = SimpleUploadedFile('x".html', PDF, "text/html")
    assert client.post(address, told | {"scan": hostile}).status_code == 302
    paper = Paper.objects.get()
    page = client.get(reverse("enrollment:resident", args=[resident.pk])).content.decode()
    assert "下载扫描件" in page
    answer = client.post(reverse("enrollment:paper-scan", args=[paper.pk]))
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="paper-{paper.pk}.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert AuditEvent.objects.get(action="papers.download").actor == town.clerk
    far = _signed_in(town.member("clerk", town.other_county))
    assert far.post(reverse("enrollment:paper-scan", args=[paper.pk])).status_code == 404


@pytest.mark.article("XZ08.2")
def test_the_work_list_names_who_lacks_papers(xuzhou: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("office.days.today", lambda: xuzhou.today)
    near, far = xuzhou.resident("近缺", **NEWCOMER), xuzhou.resident("远缺", village=xuzhou.far_village, **NEWCOMER)
    page = _signed_in(xuzhou.member("clerk", xuzhou.county)).get(reverse("enrollment:lacking-papers"))
    assert near.name in page.content.decode()
    assert far.name not in page.content.decode()
