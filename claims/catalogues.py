"""Which row of which catalogue decides about a fee line: by its code, its day, and the place whose catalogue counts."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from claims.institutions import Standing
from claims.models import CatalogueItem, Claim, ClaimLine, Institution, InstitutionFacts
from office import audit
from office.models import Staff
from policies import shapes
from policies.money import yuan

LISTED_CODES: Final = 3  # codes that a reason names; the worksheet names them all
_ONE: Final = Decimal(1)
Lines = Mapping[int, Sequence[shapes.Line]]


@dataclass(slots=True)
class Judged:
    """The lines of a claim as the catalogue has them, the key of the row used for each, and what was not found."""

    lines: tuple[shapes.Line, ...]
    used: tuple[int | None, ...]
    reasons: tuple[shapes.Reason, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where care is paid: the catalogues that count, the nearest first, and what the institution is on the day."""

    regions: tuple[str, ...]
    level: int
    chinese_medicine: bool


class Rows:
    """The rows of some codes in some regions through time: one query, then any code on any day."""

    def __init__(self, regions: Iterable[str], codes: Iterable[str]) -> None:
        self._rows: defaultdict[tuple[str, str], list[CatalogueItem]] = defaultdict(list)
        found = CatalogueItem.objects.filter(code__in=set(codes), region__in=set(regions)).defer("initials", "batch")
        for row in found.order_by("since", "version"):
            self._rows[row.region, row.code].append(row)

    def on(self, regions: Iterable[str], code: str, day: date) -> CatalogueItem | None:
        """The row in force on the day in the first of these regions that has one; None where the code is not there."""
        for region in regions:
            rows = self._rows.get((region, code), [])
            standing = bisect_right(rows, day, key=lambda row: row.since)
            if standing:
                return rows[standing - 1]
        return None


def around(region: str) -> tuple[str, ...]:
    """The catalogues that count in a place: its own where it has one, else that of its province."""
    return tuple(dict.fromkeys((region, f"{region[:2]}0000")))


def judge(claims: Sequence[Claim], lines: Lines, standing: Standing) -> dict[int, Judged]:
    """What the catalogues make of the lines with a code, by the key of their claim; one query for the whole set.

    The day is that of the fee, else that of the admission. Care outside the city that was settled online goes by the
    catalogue of its place, all other care by that of the person's city [BZ18]. A code that is unknown or not listed on
    its day is class C [BZ16]. Claims in which no line has a code are not among the answers; for a set of such claims
    nothing is asked at all.
    """
    coded = [claim for claim in claims if any(line.code for line in lines.get(claim.pk, ()))]
    if not coded:
        return {}
    places = {claim.pk: _place(claim, standing) for claim in coded}
    codes = {line.code for claim in coded for line in lines[claim.pk] if line.code}
    rows = Rows({region for place in places.values() for region in place.regions}, codes)
    return {claim.pk: _judge(claim, lines[claim.pk], places[claim.pk], rows) for claim in coded}


def _place(claim: Claim, standing: Standing) -> Place:
    facts = standing.facts(claim.institution_id, claim.admitted)
    home = around(claim.resident.area.path.partition("/")[0])
    if facts is None:  # such a claim waits for the facts of its institution and is worked out again
        return Place(home, 1, chinese_medicine=False)
    designated = standing.designated(claim.institution_id, claim.admitted)
    chinese = facts.chinese_medicine and designated
    if not claim.online or facts.location == InstitutionFacts.Location.IN_CITY:
        return Place(home, facts.level, chinese)
    if claim.institution.region:
        return Place(around(claim.institution.region), facts.level, chinese)
    if facts.location == InstitutionFacts.Location.IN_PROVINCE:
        return Place(home[-1:], facts.level, chinese)
    return Place(home, facts.level, chinese)  # nobody entered where it lies


def _judge(claim: Claim, lines: Sequence[shapes.Line], place: Place, rows: Rows) -> Judged:
    judged, used = [], []
    missing: defaultdict[date, list[int]] = defaultdict(list)
    for number, line in enumerate(lines, start=1):
        if not line.code:
            judged.append(line)
            used.append(None)
            continue
        day = line.date or claim.admitted
        row = rows.on(place.regions, line.code, day)
        judged.append(applied(line, row, place, day))
        used.append(row.pk if row is not None else None)
        if row is None or not row.listed:
            missing[day].append(number)
    return Judged(tuple(judged), tuple(used), tuple(_reasons(lines, missing, place)))


def _reasons(lines: Sequence[shapes.Line], missing: Mapping[date, list[int]], place: Place) -> Iterable[shapes.Reason]:
    """One sentence for each day on which codes were not found."""
    for day, numbers in sorted(missing.items()):
        codes = list(dict.fromkeys(lines[number - 1].code for number in numbers))
        more = f"等 {len(codes)} 个" if len(codes) > LISTED_CODES else ""
        named = "、".join(codes[:LISTED_CODES])
        catalogue = "、".join(place.regions)
        yield shapes.Reason("", f"{catalogue} 目录 {day} 没有编码 {named}{more}，按目录外（丙类）处理")


def applied(line: shapes.Line, row: CatalogueItem | None, place: Place, day: date) -> shapes.Line:
    """The line with class, first share, ceiling and kind of fee by the catalogue, and a word on which row said so.

    A ceiling is that of one unit at the level of the institution, times the quantity; a line without quantity is one.
    """
    outside = replace(line, klass="C", first_share=None, ceiling=None)
    if row is None or not row.listed:
        return replace(outside, cited=f"{line.code}，{'、'.join(place.regions)} 目录 {day} 无此编码")
    cited = f"{row.code}，{row.region} 目录 {row.since} 起{'甲乙丙'['ABC'.index(row.klass)]}类"
    if row.chinese_medicine and not place.chinese_medicine:
        return replace(outside, kind=row.fee_kind or line.kind, cited=f"{cited}，限定点中医机构")
    price = row.ceiling_at(place.level)
    count = line.quantity or _ONE
    if price is not None and row.klass != "C":
        cited += f"，限价 {price}" + (f"×{count.normalize():f}" if count != _ONE else "")
    return replace(
        line,
        klass=row.klass,
        first_share=row.first_share,
        ceiling=None if price is None else yuan(price * count),
        kind=row.fee_kind or line.kind,
        cited=cited,
    )


def locate(institution: Institution, region: str, *, by: Staff, at: datetime) -> None:
    """Say where an institution outside the city lies (GB/T 2260): online care there goes by that catalogue [BZ18].

    Claims that were worked out before keep what they were worked out with.
    """
    with transaction.atomic():
        before, institution.region = institution.region, region
        institution.save(update_fields=["region"])
        audit.record(by, "claims.locate_institution", institution, {"region": region, "before": before}, at=at)


# --- lines on the page ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Seen:
    """A fee line as a page shows it: what decided, from where, and beside it what the hospital sent otherwise."""

    line: ClaimLine
    row: CatalogueItem | None
    klass: str
    first_share: Decimal | None
    ceiling: Decimal | None
    sent: tuple[str, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether it has a code that its catalogue did not have."""
        return bool(self.line.code) and (self.row is None or not self.row.listed)


def seen(lines: Sequence[ClaimLine], level: int) -> list[Seen]:
    """Lines as a page shows them; `level` is that of the institution. The rows used come loaded with the lines."""
    return [_seen(line, level) for line in lines]


def _seen(line: ClaimLine, level: int) -> Seen:
    if not line.code:
        return Seen(line, None, str(line.get_klass_display()), line.first_share, line.ceiling)
    row = line.catalogue if line.catalogue_id else None
    listed = row is not None and row.listed
    klass = row.klass if row is not None and listed else CatalogueItem.Klass.C.value
    share = row.first_share if row is not None else None
    price = row.ceiling_at(level) if row is not None and listed else None
    ceiling = None if price is None else yuan(price * (line.quantity or _ONE))
    sent = []
    if line.klass != klass:
        sent.append(str(line.get_klass_display()))
    if (line.first_share or 0) != (share or 0):
        sent.append(f"{_('先行自付比例')} {line.first_share or 0}")
    if line.ceiling is not None and line.ceiling != ceiling:
        sent.append(f"{_('限价')} {line.ceiling}")
    if row is not None and row.fee_kind and row.fee_kind != line.kind:
        sent.append(str(line.get_kind_display()))
    return Seen(line, row, str(CatalogueItem.Klass(klass).label), share, ceiling, tuple(sent))
