"""From fees to amounts: what the hospital bears, out of scope, over the ceiling, first share, and the rest in scope."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from policies.money import ZERO, yuan
from policies.rules import Figure, Rules
from policies.shapes import Claim, Line
from policies.worksheet import Worksheet


class Catalogue(NamedTuple):
    """How a regulation reads a line: the articles it follows and the parameters it has of its own."""

    outside: str  # class C is not paid
    uncovered: str  # nor is a day outside the cover
    first_share: str  # class B: the item's own share first
    admitted_kinds: frozenset[str] = frozenset()  # kinds of which only a part enters the scope
    uninformed: str = ""  # the parameter of the share from which an uninformed patient owes nothing


class Fees(NamedTuple):
    """The bill taken apart, in yuan; the five parts add up to the total."""

    total: Decimal
    hospital_borne: Decimal
    out_of_scope: Decimal
    over_ceiling: Decimal
    first_share: Decimal
    in_scope: Decimal


def take_apart(claim: Claim, rules: Rules, catalogue: Catalogue, sheet: Worksheet) -> Fees:
    """Take every line through the four steps; what one step takes the next no longer sees."""
    total = borne = outside = over = shares = in_scope = ZERO
    told_from = rules(catalogue.uninformed) if catalogue.uninformed and not claim.care.emergency else None
    for number, line in enumerate(claim.lines, 1):
        left = line.amount
        total += left
        if told_from and not line.informed and (line.klass == "C" or own_share(line) >= told_from.value):
            borne += sheet.write("未告知，由医疗机构承担", left, told_from, "第%s行 %s", number, line.named)
            continue
        if line.klass == "C":
            outside += sheet.write("目录外", left, catalogue.outside, "第%s行 %s", number, line.named)
            continue
        if line.date is not None and not _covered(claim, line):
            outside += sheet.write(
                "不在参保期内", left, catalogue.uncovered, "第%s行 %s，%s", number, line.named, line.date
            )
            continue
        if line.ceiling is not None and left > line.ceiling:
            excess, how = left - line.ceiling, "第%s行 %s：%s − %s"
            over += sheet.write("超过限价", excess, catalogue.outside, how, number, line.named, left, line.ceiling)
            left = line.ceiling
        share, article = _first_share(line, rules, catalogue)
        if share:
            taken = yuan(share * left)
            shares += sheet.write("先行自付", taken, article, "第%s行 %s：%s × %s", number, line.named, left, share)
            left -= taken
        in_scope += sheet.write("进入政策范围", left, article, "第%s行 %s", number, line.named)
    sheet.write("医疗费总额", total, catalogue.outside, "各行金额之和")
    sheet.write(
        "政策范围内费用", in_scope, catalogue.first_share, "%s − %s − %s − %s − %s", total, borne, outside, over, shares
    )
    return Fees(total, borne, outside, over, shares, in_scope)


def level(claim: Claim) -> str:
    """The level of the institution as a tier; one without level counts as level 1."""
    return str(max(claim.institution.level, 1))


def own_share(line: Line) -> Decimal:
    """The item's own first share; only class B has one."""
    return line.first_share if line.klass == "B" and line.first_share is not None else ZERO


def _covered(claim: Claim, line: Line) -> bool:
    cover = claim.cover
    return cover is not None and line.date is not None and cover.since <= line.date <= cover.until


def _first_share(line: Line, rules: Rules, catalogue: Catalogue) -> tuple[Decimal, str | Figure]:
    """The larger of the item's own share and what the city keeps out of its kind."""
    own = own_share(line)
    if line.kind in catalogue.admitted_kinds:
        admitted = rules("scope.admitted", line.kind)
        kept_out = 1 - admitted.value
        if kept_out >= own:
            return kept_out, admitted
    return own, catalogue.first_share
