"""The trial calculation (试算): requests in, answers out, through the functions that everything else uses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from policies.estimate import claim, cover, settlement
from policies.shapes import NotUnderstood

KINDS: dict[str, Callable[[dict[str, Any], bool], dict[str, Any]]] = {
    "claim": claim.answer,
    "cover": cover.answer,
    "settlement": settlement.answer,
    "gap": settlement.gap,
}


def answer(kind: str, request: object, explain: bool = False) -> dict[str, Any]:
    """Answer one request of a kind (claim, cover, settlement, gap); with `explain` the steps too.

    A request that cannot be read gets {"ref", "error": {"field", "message"}}, the field by its path.
    """
    ref = request.get("ref") if isinstance(request, dict) else None
    try:
        if not isinstance(request, dict):
            raise NotUnderstood("", "每行应为一个 JSON 对象")
        return {"ref": ref, **KINDS[kind](request, explain)}
    except NotUnderstood as refused:
        return {"ref": ref, "error": {"field": refused.field, "message": refused.message}}


def answers(kind: str, lines: Iterable[bytes], explain: bool = False) -> Iterator[tuple[bytes, bool]]:
    """One answer for each line of JSON Lines, in order: the encoded line, and whether the request was understood."""
    for line in lines:
        if not line.strip():
            continue
        try:
            request = _READ.decode(line.removeprefix(b"\xef\xbb\xbf").decode())
        except NotUnderstood as refused:
            told: dict[str, Any] = {"ref": None, "error": {"field": refused.field, "message": refused.message}}
        except (ValueError, RecursionError) as broken:
            told = {"ref": None, "error": {"field": "", "message": f"不是 UTF-8 编码的 JSON：{broken}"}}
        else:
            told = answer(kind, request, explain)
        yield _encoded(told), "error" not in told


def _no_number(name: str) -> None:
    raise ValueError(f"{name} 不是数字")


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise NotUnderstood(twice, "同一字段写了两次，请只留一个")
    return row


# NaN and Infinity are no JSON, and of a key written twice the first value would be dropped in silence.
_READ = json.JSONDecoder(parse_constant=_no_number, object_pairs_hook=_each_key_once)
_WRITE = json.JSONEncoder(ensure_ascii=False)


def _encoded(told: dict[str, Any]) -> bytes:
    try:
        return _WRITE.encode(told).encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, echoed from the request
        return json.dumps(told).encode() + b"\n"
