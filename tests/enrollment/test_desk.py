"""The village window in a real browser: each path of the register as a clerk walks it, on the screen and on a phone."""

import re
import time
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from enrollment import changing
from enrollment.models import Doubt, Enrollment, Household, Proof, Resident, ResidentChange, Status
from office import areas
from office.models import Area, Batch, Staff
from tests.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCREEN, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    """Set the clock of the office; the browser keeps its own."""

    def turn(day: date) -> None:
        monkeypatch.setattr("office.days.today", lambda: day)
        monkeypatch.setattr("office.days.now", lambda: Town.moment(day))

    turn(Town.today)
    return turn


@pytest.fixture
def look(picture: Callable[[str], None], page: Page) -> Callable[[str], None]:
    """A page has to stand on the screen and on a phone: nothing sticks out, everything typed into has a name."""

    def at(name: str) -> None:
        for size, prefix in ((PHONE, "phone-"), (SCREEN, "")):
            page.set_viewport_size(size)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= size["width"], f"{name}: {wide} wide on {size['width']}"
            picture(prefix + name)
        nameless = page.evaluate(NAMELESS)
        assert nameless == [], f"{name}: without a label: {nameless}"

    return at


# Fields of a page that nobody who cannot see them could tell apart.
NAMELESS = """() => [...document.querySelectorAll(".hm input, .hm select, .hm textarea")]
  .filter(one => one.type !== "hidden" && !one.labels?.length && !one.getAttribute("aria-label"))
  .map(one => one.name || one.outerHTML.slice(0, 80))"""


def _file(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def test_a_record_is_found_and_changed_and_an_old_year_waits_for_a_second_person(
    standing_town: Town,
    signed_in: Callable[[Staff], Page],
    look: Callable[[str], None],
    on: Callable[[date], None],
) -> None:
    town = standing_town
    resident = town.resident("单雨桐", insured_through=2024)
    town.resident("王建国")
    town.paid(resident, date(2025, 3, 1), amount="1070.00")
    window = signed_in(town.member("clerk", town.village))
    window.goto("/work/residents/")
    expect(window.locator("input[type=search]")).to_be_focused()
    for asked in ("单雨", "syt", resident.id_number, resident.id_number[-4:], resident.household.number):
        window.fill("input[type=search]", asked)
        expect(window.locator("#results tbody tr")).to_have_count(1)
        expect(window.locator("#results")).to_contain_text("单雨桐")
    window.fill("input[type=search]", "没有此人")
    expect(window.locator(".hm-empty")).to_contain_text("没有此人")
    look("residents-none")
    window.fill("input[type=search]", "syt")
    window.click("#results >> text=单雨桐")
    look("resident")
    window.click("text=变更信息")
    expect(window.locator("#id_name")).to_be_focused()
    window.fill("#id_phone", "13912345678")
    look("change-form")
    window.keyboard.press("Enter")  # without a reason nothing is changed
    window.fill("#id_why", "本人申请")
    window.keyboard.press("Enter")
    window.wait_for_url(f"**/residents/{resident.pk}/")
    expect(window.locator(".hm")).to_contain_text("— → 13912345678")
    look("resident-changed")

    on(date(2026, 2, 2))
    window.click("text=变更信息")
    window.fill("#id_insured_through", "2022")
    window.fill("#id_since", "")  # what was registered was wrong from the beginning
    window.fill("#id_why", "核实参保凭证")
    window.keyboard.press("Enter")
    expect(window.locator(".hm")).to_contain_text("待复核")
    change = ResidentChange.objects.get(state="proposed")
    second = signed_in(town.rechecker)
    second.goto("/work/changes/")
    look("changes")
    second.click("#results tbody a >> nth=0")
    expect(second.locator(".hm")).to_contain_text("2024 → 2022")
    look("change-to-decide")
    second.click("text=同意变更")
    expect(second.locator(".hm")).to_contain_text("已")
    change.refresh_from_db()
    assert (change.state, change.decided_by) == ("made", town.rechecker)
    assert Enrollment.objects.get(year=2025).state == "refused"
    look("change-decided")


def test_households_are_joined_split_headed_anew_and_moved(
    standing_town: Town,
    signed_in: Callable[[Staff], Page],
    look: Callable[[str], None],
    on: Callable[[date], None],
) -> None:
    town = standing_town
    family = town.household(
        *(town.papers(name, relation=r) for name, r in (("赵父", ""), ("赵母", "配偶"), ("赵子", "子")))
    )
    alone = town.resident("钱独")
    window = signed_in(town.member("clerk", town.county))
    window.goto(f"/work/residents/{alone.pk}/move/")
    window.fill("#id_household", "不存在")
    window.fill("#id_relation", "其他")
    window.fill("#id_why", "投亲")
    window.keyboard.press("Enter")
    expect(window.locator(".hm-error")).to_contain_text("没有户号")
    look("move-refused")
    window.fill("#id_household", family.number)
    window.keyboard.press("Enter")
    window.wait_for_url(f"**/households/{family.pk}/")
    expect(window.locator(".hm-table").first).to_contain_text("钱独")
    window.click("text=变更户主")
    mother = Resident.objects.get(name="赵母")
    for member in family.members.all():
        told = {"赵父": "配偶", "赵母": "户主", "赵子": "子", "钱独": "其他"}[member.name]
        window.fill(f"#id_member-{member.pk}", told)
    window.fill("#id_why", "协商")
    look("head-form")
    window.keyboard.press("Enter")
    window.wait_for_url(f"**/households/{family.pk}/")
    family.refresh_from_db()
    assert family.head == mother
    window.click("text=分户")
    window.fill(f"#id_member-{Resident.objects.get(name='赵子').pk}", "户主")
    window.fill("#id_address", "南街2号")
    window.fill("#id_why", "成家")
    look("split-form")
    window.keyboard.press("Enter")
    window.wait_for_url("**/households/*/")
    young = Household.objects.get(head__name="赵子")
    expect(window.locator(".hm")).to_contain_text(young.number)

    # The village is chosen by typing: initials, an arrow, Tab; nobody needs the mouse.
    window.goto(f"/work/households/{young.pk}/relocate/")
    window.focus("#id_village")
    window.keyboard.type("没")
    expect(window.locator(".hm-options")).to_contain_text("没有这样的区域")
    window.keyboard.press("Escape")
    expect(window.locator(".hm-options")).to_be_hidden()
    window.keyboard.press("Backspace")
    window.keyboard.press("ArrowDown")
    expect(window.locator(".hm-options [role=option]")).to_have_count(2)  # those of the county, and no other
    look("relocate-choosing")
    window.focus("#id_village")
    window.keyboard.type("xc")
    expect(window.locator(".hm-options [role=option]")).to_have_count(1)
    window.keyboard.press("Tab")
    expect(window.locator("#id_village")).to_have_value(areas.label(town.second_village))
    expect(window.locator("#id_address")).to_be_focused()
    window.fill("#id_why", "搬家")
    window.keyboard.press("Enter")
    window.wait_for_url(f"**/households/{young.pk}/")
    young.refresh_from_db()
    assert young.area == town.second_village
    look("household-moved")


def test_files_of_other_offices_are_shown_before_they_are_taken(
    standing_town: Town,
    signed_in: Callable[[Staff], Page],
    look: Callable[[str], None],
    on: Callable[[date], None],
) -> None:
    town = standing_town
    comes, goes, dies = town.resident("赵来"), town.resident("钱走"), town.covered("孙逝")
    town.status(goes, "minimum_living", since=date(2024, 1, 1))
    window = signed_in(town.member("clerk", town.county))
    window.goto("/work/statuses/")
    window.click("text=导入部门身份名册")
    expect(window.locator("#id_place")).to_have_value(
        areas.label(Area.objects.select_related("parent").get(pk=town.county.pk))
    )
    window.select_option("#id_group", "minimum_living")
    window.select_option("#id_extent", "full")
    window.fill("#id_day", "2025-01-01")
    window.fill("#id_department", "县民政局")
    rows = [
        {"姓名": one, "证件号码": number} for one, number in ((comes.name, comes.id_number), ("无此人", town.number()))
    ]
    window.set_input_files("#id_file", _file("低保.csv", town.csv(rows, rows[0])))
    look("status-upload")
    window.click("text=上传并预览")
    window.wait_for_url("**/files/*/")
    window.click("text=与登记比对")
    for told in ("赵来", "钱走", "没有登记此证件号码", "2024-12-31"):
        expect(window.locator(".hm")).to_contain_text(told)
    look("status-difference")
    window.click("text=项变动")
    window.wait_for_url("**/files/*/")
    expect(window.locator(".hm")).to_contain_text("已导入")
    look("status-taken")
    assert Status.objects.get(resident=comes).certified_by == "县民政局"
    assert Status.objects.get(resident=goes).until == date(2024, 12, 31)
    window.goto("/work/statuses/?when=now")
    expect(window.locator("#results")).to_contain_text("赵来")
    look("statuses")

    window.goto("/work/ended/")
    look("ended-none")
    window.click("text=导入死亡信息")
    rows = [{"姓名": dies.name, "证件号码": dies.id_number, "死亡日期": "2025-02-08"}]
    window.set_input_files("#id_file", _file("死亡.csv", town.csv(rows, rows[0])))
    window.click("text=上传并预览")
    window.wait_for_url("**/files/*/")
    look("deaths-preview")
    window.click("button:has-text('导入 1 行')")
    window.click("text=查看结果")
    window.wait_for_url("**/ended/")
    expect(window.locator("#results")).to_contain_text("2025-02-08")
    look("ended")
    window.click("#results >> text=孙逝")
    expect(window.locator(".hm")).to_contain_text("今天不能使用")
    look("resident-ended")
    assert Batch.objects.filter(state="taken").count() == 3


def test_two_records_of_one_person_and_the_yearly_proof_are_settled(
    standing_town: Town,
    signed_in: Callable[[Staff], Page],
    look: Callable[[str], None],
    on: Callable[[date], None],
) -> None:
    town = standing_town
    born = date(2024, 2, 3)
    for name in ("赵双", "钱对"):
        town.newborn(born, name=name)
        town.resident(name, born, village=town.second_village)
    window = signed_in(town.member("clerk", town.county))
    window.goto("/work/doubts/")
    look("doubts-none")
    window.click("text=查找一人两证")
    expect(window.locator("#results tbody tr")).to_have_count(2)
    look("doubts")
    window.click("#results >> text=赵双 >> nth=0")
    look("doubt")
    window.fill("#id_why", "两人，已核对")
    window.keyboard.press("Enter")
    window.wait_for_url("**/doubts/")
    window.click("#results >> text=钱对 >> nth=0")
    window.fill("#id_end-ended_on", "2099-01-01")
    window.fill("#id_end-why", "同一人")
    window.keyboard.press("Enter")
    expect(window.locator(".hm-error")).to_contain_text("尚未到来")
    look("doubt-refused")
    window.fill("#id_end-ended_on", "2025-03-10")
    window.keyboard.press("Enter")
    window.wait_for_url("**/doubts/")
    expect(window.locator(".hm-empty")).to_be_visible()
    assert sorted(Doubt.objects.values_list("state", flat=True)) == ["ended", "kept"]
    window.click("text=已核对")
    expect(window.locator("#results tbody tr")).to_have_count(2)
    look("doubts-settled")

    on(date(2024, 11, 5))
    town.sample_notice("subsidy.share", "1", since=date(2024, 1, 1))
    for name in ("孙特困", "李特困"):
        town.enrolled(town.resident(name, groups=["destitute"]))
    window = signed_in(town.clerk)
    window.goto(f"/work/periods/{town.period().pk}/proofs/")
    look("proofs")
    window.focus("#id_village")
    window.keyboard.type("dc")
    expect(window.locator(".hm-options [role=option]")).to_have_count(1)
    window.keyboard.press("Enter")
    window.keyboard.press("Enter")
    window.wait_for_url("**/proofs/enter/**")
    look("prove")
    window.locator("input[type=checkbox]").nth(1).uncheck()
    window.fill("#id_how", "现场核验")
    window.keyboard.press("Enter")
    window.wait_for_url("**/proofs/")
    expect(window.locator("#results tbody tr")).to_have_count(2)
    assert Proof.objects.count() == 1
    look("proofs-entered")


def test_the_village_roster_and_its_papers(
    standing_town: Town,
    signed_in: Callable[[Staff], Page],
    look: Callable[[str], None],
    on: Callable[[date], None],
) -> None:
    town = standing_town
    town.resident("未缴费")
    paid = town.covered("已缴费")
    town.status(paid, "minimum_living", since=date(2025, 3, 1))
    clerk = town.member("clerk", town.village)
    changing.change(paid, phone="13912345678", by=clerk, on=town.today, at=town.now, why="本人申请")
    window = signed_in(clerk)
    window.goto("/work/villages/")
    window.fill("input[type=search]", paid.id_number[-4:])
    expect(window.locator("#results tbody tr")).to_have_count(1)
    expect(window.locator("#results")).to_contain_text("已缴费")
    window.fill("input[type=search]", "")
    expect(window.locator("#results tbody tr")).to_have_count(2)
    look("roster")
    window.click("text=打印名册")
    expect(window.locator(".hm-sheet")).to_contain_text("全村 2 人")
    look("roster-print")
    window.goto(f"/work/households/{paid.household_id}/")
    look("household")
    window.click("text=打印家庭登记表")
    expect(window.locator(".hm-sheet")).to_contain_text("已缴费")
    look("household-print")
    window.goto(f"/work/residents/{paid.pk}/print/")
    look("resident-print")
    chief = signed_in(town.clerk)
    chief.goto("/work/villages/")
    look("villages-city")
    chief.focus("#id_go")
    chief.keyboard.type("dc")
    expect(chief.locator(".hm-options [role=option]")).to_have_count(1)
    chief.keyboard.press("Enter")
    chief.keyboard.press("Enter")
    chief.wait_for_url(f"**/villages/{town.village.pk}/**")
    look("roster-city")


def test_a_town_clerk_types_a_household_of_four_in_under_two_minutes(
    standing_town: Town, signed_in: Callable[[Staff], Page], look: Callable[[str], None]
) -> None:
    """Every key is counted; at three keys a second, slow for an office, the family has to be in within two minutes."""
    town = standing_town
    family = (
        ("", "赵志强", date(1975, 1, 2), "1"),
        ("配偶", "钱桂兰", date(1977, 3, 4), "2"),
        ("子", "赵思远", date(2005, 5, 6), "1"),
        ("女", "赵雨桐", date(2012, 7, 8), "2"),
    )
    window = signed_in(town.member("clerk", town.towns[0]))
    window.goto("/work/register/")
    expect(window.locator("#id_area")).to_be_focused()
    # A hand on the mouse would be heard.
    window.evaluate(
        "window.pressed = 0; for (const kind of ['pointerdown', 'mousedown', 'touchstart'])"
        " document.addEventListener(kind, () => window.pressed++, true)"
    )
    keys, begun = 0, time.monotonic()

    def hands(*words: str) -> None:
        nonlocal keys
        for word in words:
            if word in ("Tab", "Enter"):
                window.keyboard.press(word)
                keys += 1
            else:
                window.keyboard.type(word)
                keys += len(word) * (1 if word.isascii() else 3)  # a character is typed in about three keys

    hands("dc")
    expect(window.locator(".hm-options [role=option]")).to_have_count(1)
    hands("Tab", "文昌街1号", "Tab")
    for place, (relation, name, birth, sex) in enumerate(family):
        if relation:
            hands(relation, "Tab")
        hands(town.number(birth, sex), "Tab", "Tab", name)
        if place < len(family) - 1:
            hands("Tab", "Tab", "Tab")  # the papers that were seen, more about this person, the next
    look("register-four-town")
    hands("Enter")
    expect(window).to_have_url(re.compile(r"/work/residents/\d+/"))
    seconds = time.monotonic() - begun
    household = Household.objects.get()
    assert (household.area, household.members.count()) == (town.village, 4)
    assert [one.birth_on for one in household.members.order_by("pk")] == [birth for _r, _n, birth, _s in family]
    assert keys / 3 + seconds < 120, f"{keys} keys, and {seconds:.1f} s of waiting"
    print(f"{keys} keys, {seconds:.1f} s")
