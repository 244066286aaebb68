"""Chinese first and English whole: nothing untranslated, nothing mixed, and the switch works on every page."""

import ast
import gettext
import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db.models import CharField, JSONField, TextField
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation.template import templatize

from claims import filing
from claims.models import Claim
from config.sidebar import navigation
from office import cells, intake, uploads
from office.models import Staff
from policies import shelf
from tests.town import Town

ROOT = Path(settings.BASE_DIR)
PARTS = ("config", "office", "enrollment", "claims", "funds", "demo")
CATALOGUES = {"en": ROOT / "locale/en/LC_MESSAGES", "zh-hans": ROOT / "locale/zh_Hans/LC_MESSAGES"}
SEPARATOR = "\x04"  # between context and message, as in a compiled catalogue
EAGER = {"gettext", "ngettext", "pgettext", "npgettext"}
CHINESE = re.compile("[\u3400-\u9fff]+")
WORD = re.compile("[A-Za-z]{3,}")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|{\w*}")
CALL = re.compile(r"""(?:gettext|_)\(\s*u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")


# --- the sources ----------------------------------------------------------------------------------------------------
def sources() -> list[Path]:
    return [path for part in PARTS for path in sorted((ROOT / part).rglob("*.py")) if "migrations" not in path.parts]


class Call(NamedTuple):
    """One call of a function of django.utils.translation; `asked` is the message, after its context if it has one."""

    place: str
    function: str
    asked: list[ast.expr]
    at_import: bool


def calls(path: Path) -> Iterator[Call]:
    """Every translation in a module, and whether it is made already when the module is imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {
        name.asname or name.name: name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
    }
    # Defaults and decorators run when a function is defined, its body only when it is called.
    later = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.Lambda)
        for statement in (node.body if isinstance(node.body, list) else [node.body])
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
            function = functions[node.func.id]
            if function.endswith(("gettext", "gettext_lazy", "gettext_noop")):
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                asked = node.args[: 2 if function.startswith("pgettext") else 1]
                yield Call(place, function, asked, id(node) not in later)


def asked() -> dict[str, str]:
    """Every message that code and templates ask a translation for, and one place that does."""
    found = {
        SEPARATOR.join(str(part.value) for part in call.asked if isinstance(part, ast.Constant)): call.place
        for path in sources()
        for call in calls(path)
    }
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for told in CALL.findall(templatize(path.read_text(encoding="utf-8"))):
            found.setdefault(ast.literal_eval(told), str(path.relative_to(ROOT)))
    return found


# --- the catalogues -------------------------------------------------------------------------------------------------
class Entry(NamedTuple):
    """One message of a .po file, after its context if it has one; `said` holds its plural forms, most often one."""

    message: str
    plural: str
    said: list[str]
    fuzzy: bool


def entries(language: str) -> list[Entry]:
    """The .po file, read without GNU gettext."""
    found = []
    for block in (CATALOGUES[language] / "django.po").read_text(encoding="utf-8").split("\n\n"):
        told: dict[str, str] = {}
        field = ""
        for line in block.splitlines():
            if line.startswith("msg"):
                field, _space, line = line.partition(" ")
            if line.startswith('"'):
                told[field] = told.get(field, "") + ast.literal_eval(line)
        if told.get("msgid"):
            said = [text for field, text in told.items() if field.startswith("msgstr")]
            fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in block.splitlines())
            message = SEPARATOR.join([told[field] for field in ("msgctxt", "msgid") if field in told])
            found.append(Entry(message, told.get("msgid_plural", ""), said, fuzzy))
    return found


def test_every_message_has_its_english() -> None:
    english = {entry.message: entry for entry in entries("en")}
    wanted = asked()
    assert len(wanted) > 1000
    lacking = {place: message for message, place in wanted.items() if message not in english}
    assert not lacking, "run make messages and translate what is new (it does not look into f-strings)"
    unsure = [entry.message for entry in english.values() if entry.fuzzy or not all(entry.said)]
    assert not unsure, "translate these in locale/en/LC_MESSAGES/django.po"
    assert not [entry for entry in english.values() if CHINESE.search("".join(entry.said))]
    forgotten = english.keys() - wanted.keys()
    assert not forgotten, "nobody asks for these any more: run make messages"


@pytest.mark.parametrize("language", CATALOGUES)
def test_the_compiled_catalogue_says_what_the_written_one_says(language: str) -> None:
    with (CATALOGUES[language] / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in entries(language):
        if entry.plural:
            said = [compiled.ngettext(entry.message, entry.plural, n) for n in range(3)]
            assert set(said) == set(entry.said)
        else:
            context, _separator, message = entry.message.rpartition(SEPARATOR)
            said = compiled.pgettext(context, message) if context else compiled.gettext(message)
            assert [said] == entry.said, "run make messages"


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_translation_takes_the_same_values(language: str) -> None:
    for entry in entries(language):
        for said in entry.said:
            assert sorted(PLACEHOLDER.findall(said)) == sorted(PLACEHOLDER.findall(entry.message)), said


def test_nothing_is_translated_before_somebody_reads_it() -> None:
    early = [call.place for path in sources() for call in calls(path) if call.at_import and call.function in EAGER]
    assert not early, "use gettext_lazy here: the language is chosen later"


def test_messages_are_written_out_so_that_they_can_be_found() -> None:
    assert not [
        call.place
        for path in sources()
        for call in calls(path)
        if not all(isinstance(part, ast.Constant) for part in call.asked)
    ]


def test_files_are_read_by_chinese_words_on_an_english_page() -> None:
    with translation.override("en"):
        read = cells.label(Claim.Benefit.choices)
        assert read("住院") == read("inpatient") == "inpatient"


# --- the pages ------------------------------------------------------------------------------------------------------
class Page(HTMLParser):
    """What a person reads on a page: texts, hints and labels, without icons and scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._unread = 0
        self._icon = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self._unread += tag in ("script", "style")
        self._icon = "material-symbols" in (told.get("class") or "")
        self.texts += [told[name] or "" for name in ("title", "placeholder", "aria-label", "alt") if told.get(name)]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in ("script", "style")
        self._icon = False

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._unread and not self._icon:
            self.texts.append(data.strip())


@pytest.fixture
def busy(town: Town, time_machine: Any) -> Town:
    """A town where every list has a row."""
    time_machine.move_to(town.now)
    assert town.everyone
    town.books_open()
    patient, hospital = town.covered(groups=["orphan"]), town.hospital("county")
    filing.file(patient, "resident", date(2025, 1, 1), date(2025, 12, 31), by=town.clerk, at=town.now, number="BA001")
    town.claim(patient, hospital)
    town.approved(patient, hospital)
    town.booked("100.00")
    return town


def kept(value: Any) -> Iterator[str]:
    """The texts in a value of a table: what people and machines wrote there is not the page's own language."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from kept(part)


def data() -> list[str]:
    """Every text in the tables, the titles of the regulations and the headings of files, the longest first."""
    found = {regulation.title for regulation in map(shelf.regulation, shelf.codes())}
    found |= {column.heading for kind in uploads.offered() for column in intake.columns(kind)}
    for code in shelf.codes():  # what the texts ask for at registration is told in their own words
        page = shelf.regulation(code).folder / "joining.yaml"
        found |= set(kept(yaml.safe_load(page.read_text()))) if page.exists() else set()
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, CharField | TextField | JSONField) and not field.choices:
                for value in model._base_manager.values_list(field.name, flat=True):
                    found |= set(kept(value))
    return sorted((text for text in found if CHINESE.search(text) or WORD.search(text)), key=len, reverse=True)


def enter(staff: Staff, language: str) -> Client:
    staff.is_staff = True
    staff.save()
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def addresses(staff: Staff, client: Client) -> Iterator[str]:
    """Every page of this person's sidebar, every list of the admin, one form of each kind and one record of each."""
    request = client.get("/work/").wsgi_request
    for group in navigation(request):
        yield from (str(item["link"]) for item in group["items"] if item.get("permission", lambda _r: True)(request))
    for part in admin.site.get_app_list(request):
        yield from (model["admin_url"] for model in part["models"])
    if staff.role == "manager":
        resident, claim = Claim.objects.values_list("resident", "pk")[0]
        yield from (reverse("enrollment:resident", args=[resident]), reverse("claims:claim", args=[claim]))
        yield from (
            reverse("enrollment:certify", args=[resident]),
            "/work/files/new/roster/",
            "/work/institutions/new/",
        )
        yield from (reverse("admin:claims_claim_change", args=[claim]), "/admin/password_change/")


ALLOWED = {
    "English",
    "简体中文",
    "PDF",
    "JPEG",
    "PNG",
    "esc",
    "Esc",
    "Tab",
    "hans",
    "Excel",
    "CSV",
    "csv",
    "xlsx",
    "null",
}
ROLES = ("manager", "reviewer", "security", "auditor")


def test_english_pages_are_english_and_chinese_pages_chinese(busy: Town) -> None:
    seen: set[str] = set()
    mixed = []
    for staff in map(busy.member, ROLES):
        english, chinese = enter(staff, "en"), enter(staff, "zh-hans")
        pages = set(addresses(staff, chinese)) - seen
        seen |= pages
        told, initial = data(), staff.get_full_name()[:1]
        for address, (client, foreign) in product(sorted(pages), ((english, CHINESE), (chinese, WORD))):
            answer = client.get(address, follow=True)  # some lead on to a year or an area
            assert answer.status_code == 200, address
            for text in Page(answer.content.decode()).texts:
                bare = text
                for known in told:
                    bare = bare.replace(known, " ") if foreign.search(bare) else bare
                if set(foreign.findall(bare)) - ALLOWED - {initial}:
                    mixed.append((address, text[:80]))
    assert len(seen) > 50
    assert not mixed


@pytest.mark.django_db
def test_the_way_in_is_in_the_language_that_the_switch_chose(client: Client) -> None:
    assert "城乡居民基本医疗保险" in client.get("/login/", headers={"accept-language": "en"}).content.decode()
    answer = client.post("/i18n/setlang/", {"language": "en", "next": "/login/"})
    assert answer.url == "/login/"
    page = Page(client.get("/login/").content.decode())
    assert "Sign in" in page.texts
    assert not CHINESE.search("".join(page.texts).replace("简体中文", ""))
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/login/"})
    assert "登录" in Page(client.get("/login/").content.decode()).texts


@pytest.mark.django_db
def test_a_refusal_comes_in_the_language_of_the_page(client: Client) -> None:
    asked = {"username": "nobody", "password": "wrong"}
    assert "用户名或密码不正确" in client.post("/login/", asked).content.decode()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "The user name or the password is not correct." in client.post("/login/", asked).content.decode()
    assert not CHINESE.search("".join(Page(client.get("/no/such/page/").content.decode()).texts))


def test_days_are_written_as_each_language_writes_them(busy: Town) -> None:
    address = reverse("admin:enrollment_resident_changelist")
    assert "1980年5月5日" in enter(busy.manager, "zh-hans").get(address).content.decode()
    assert "May 5, 1980" in enter(busy.manager, "en").get(address).content.decode()
