"""The sample catalogue of the demo: lists as they came year after year, taken by the manager like any other file."""

from datetime import date
from typing import Any, Final

import yaml

from claims import catalogue_files, catalogues, dated_lists
from demo.city import DATA, FOUNDED, City, moment
from demo.joining import as_csv
from office import intake

_TOLD: Final[dict[str, Any]] = yaml.safe_load((DATA / "catalogue.yaml").read_text(encoding="utf-8"))
CODES: Final[dict[str, str]] = {name: code for name, (code, *_rest) in _TOLD["items"].items()}


def take_catalogues(city: City) -> None:
    """The province's catalogue with its changes, and the codes of diseases and operations."""
    [_own, province] = catalogues.around(city.area.code)
    for day, items in _TOLD["lists"].items():
        rows = [
            {"国家编码": CODES[name], "名称": name, "目录": kind, "费用类别": fee, "目录分类": klass,
             "先行自付比例": share, "限价": ceiling}
            for name, (klass, share, ceiling) in items.items()
            for _code, kind, fee in [_TOLD["items"][name]]
        ]  # fmt: skip
        _take(city, catalogue_files.CATALOGUE, f"省医保目录{day}.csv", rows, day, province)
    for kind in (catalogue_files.DISEASES, catalogue_files.OPERATIONS):
        rows = [{"编码": code, "名称": name} for code, name in _TOLD[kind].items()]
        _take(city, kind, f"{kind}.csv", rows, date(2022, 1, 1), "")


def _take(city: City, kind: str, name: str, rows: list[dict[str, str]], day: date, region: str) -> None:
    parameters = dated_lists.parameters(day, full=False, region=region)
    at = moment(FOUNDED, 16)
    batch = intake.receive(kind, city.area, name, as_csv(rows), parameters, city.manager, at, "省医保局")
    intake.take(batch, city.manager, at)
