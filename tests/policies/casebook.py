"""The casebook: reads the YAML cases that a clerk can check, and compares an answer with what a case expects.

A file names its regulation, the request that its cases start from, and the cases:

    policy: jinzhong_2017
    base:
      claim: {...}                  # one base request per kind of question
    cases:
      - name: 14岁患者起付线减半
        articles: [JZ15.2]          # the rows of articles.yaml that this case proves
        kind: claim                 # claim, cover, settlement or gap; claim when left out
        twin: 儿童年龄              # cases of one file with the same word stand on the two sides of a boundary
        given: {fees: 10000.00}     # laid over the base, level by level; lists replace lists
        expect: {basic: 7350.00}    # the part of the answer that matters
        reason: JZ19                # an article that must be among the reasons (`no_reason`: must not)

Shorthands: `fees: 800.00` is a single drug line of class A; in `expect` of a cover question
`due: {individual: 400.00}` is the whole list of payers, missed years may be given by their number.
Amounts and days are read as they are written, never as floats.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).parent / "cases"
KEYS = {"name", "articles", "kind", "twin", "given", "expect", "reason", "no_reason"}
FRACTIONS = {"ratio", "inpatient_factor"}


class AsWritten(yaml.SafeLoader):
    """YAML in which 2025-03-01 and 400.00 stay the text that the clerk wrote."""


AsWritten.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith((":timestamp", ":float"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Case:
    """One question with the part of the answer that the texts settle."""

    source: str
    name: str
    kind: str
    articles: tuple[str, ...]
    request: Mapping[str, Any]
    expect: Mapping[str, Any]
    reason: str | None = None
    no_reason: str | None = None
    twin: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.source}: {self.name}"


def load(folder: Path = CASES) -> Iterator[Case]:
    """Every case of every file; a case that is not understood stops the run and says where."""
    for path in sorted(folder.glob("*.yaml")):
        book = yaml.load(path.read_text(encoding="utf-8"), Loader=AsWritten)
        for row in book["cases"]:
            unknown = set(row) - KEYS
            if unknown or not row.get("name"):
                raise ValueError(f"{path.name}: {row.get('name')}: unknown keys {sorted(unknown)}")
            kind = row.get("kind", book.get("kind", "claim"))
            given = row.get("given", {})
            request = merged(book.get("base", {}).get(kind, {}), {"policy": book["policy"], **given})
            fees = request.pop("fees", None)
            if fees is not None and "lines" not in given:
                request["lines"] = [{"item": "药费", "kind": "drug", "class": "A", "amount": fees}]
            yield Case(
                path.stem, row["name"], kind, tuple(row.get("articles", ())), request, row.get("expect", {}),
                row.get("reason"), row.get("no_reason"), row.get("twin"), given,
            )  # fmt: skip


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid upon `base`, level by level; whatever is not a mapping on both sides is replaced."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = merged(below, value) if both else value  # type: ignore[arg-type]
    return result


def differences(case: Case, answer: Mapping[str, Any]) -> list[str]:
    """What the answer says otherwise than the case, one sentence per field; empty when they agree."""
    found = []
    for key, wanted in case.expect.items():
        got = _readable(key, answer.get(key, "<missing>"), wanted)
        if not _same(key, wanted, got):
            found.append(f"{key}: expected {wanted!r}, got {got!r}")
    cited = [reason.get("article") for reason in answer.get("reasons", ())]
    if case.reason is not None and case.reason not in cited:
        found.append(f"reasons: expected {case.reason} among {cited} ({answer.get('error', '')})")
    if case.no_reason is not None and case.no_reason in cited:
        found.append(f"reasons: did not expect {case.no_reason} among {cited}")
    return found


def _readable(key: str, got: Any, wanted: Any) -> Any:
    """The answer's field in the shorthand of the case."""
    if key == "due" and isinstance(wanted, Mapping) and isinstance(got, list):
        sums: Counter[str] = Counter()
        for due in got:
            sums[due["payer"]] += Decimal(due["amount"])  # type: ignore[assignment]
        return {payer: f"{amount:.2f}" for payer, amount in sums.items() if amount}
    if key == "missed_years" and isinstance(got, list):
        return [missed["year"] if isinstance(missed, Mapping) else missed for missed in got]
    if key == "error" and isinstance(got, Mapping) and not isinstance(wanted, Mapping):
        return got.get("field")
    return got


def _same(key: str, wanted: Any, got: Any) -> bool:
    if key in FRACTIONS and wanted is not None and got is not None:
        try:
            return Decimal(wanted) == Decimal(got)
        except InvalidOperation:
            return False
    return bool(wanted == got)
