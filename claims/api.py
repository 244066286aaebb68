"""The door of hospitals' systems: signed JSON messages in, the decision with its worksheet out."""

import hashlib
from typing import Annotated, Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Path, Schema, Status
from ninja.errors import AuthenticationError, ValidationError
from ninja.security import APIKeyHeader
from pydantic import ConfigDict, Field, StringConstraints

from claims import connecting, intake, messaging
from claims.messaging import BadMessage, Sent
from office import days
from office.refusal import Refusal
from office.sheets import Row

LINES = 2_000  # fee lines of one claim
_COLUMNS = {column.name: column for column in intake.COLUMNS}
_FIELD = {column.heading: column.name for column in intake.COLUMNS}

Text = Annotated[str, StringConstraints(max_length=120)]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"), Field(examples=["2025-03-12"])]
Yuan = Annotated[str, StringConstraints(pattern=r"^\d{1,12}(\.\d{1,2})?$"), Field(examples=["1234.50"])]
Share = Annotated[str, StringConstraints(pattern=r"^[01](\.\d{1,4})?$"), Field(examples=["0.1"])]
Quantity = Annotated[str, StringConstraints(pattern=r"^\d{1,8}(\.\d{1,4})?$"), Field(examples=["3"])]
Number = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z\u4e00-\u9fff._-]+$")]
Why = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\P{C}*[^\s\p{C}]\P{C}*$")]


class _Strict(Schema):
    model_config = ConfigDict(extra="forbid", strict=True)


class LineIn(_Strict):
    """One fee line."""

    item: Text
    kind: Text
    klass: Text
    amount: Yuan
    first_share: Share | None = None
    ceiling: Yuan | None = None
    day: Day | None = None
    informed: bool | None = None
    code: Text | None = None
    quantity: Quantity | None = None


class ClaimIn(_Strict):
    """A claim as the hospital closed it: amounts in yuan as text, days as YYYY-MM-DD."""

    number: Number
    id_number: Text
    name: Text
    benefit: Text
    admitted: Day
    discharged: Day
    diagnosis: Text | None = None
    cause: Text | None = None
    emergency: bool | None = None
    delivery: Text | None = None
    disease_class: int | None = None
    disease_quota: Yuan | None = None
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=LINES)]


class CorrectionIn(ClaimIn):
    """A corrected claim, and why."""

    why: Why


class ReversalIn(_Strict):
    """Why a claim is taken back."""

    why: Why


class Amounts(Schema):
    total: str
    basic: str
    critical_illness: str
    assistance: str
    charity: str
    hospital_borne: str
    personal: str
    out_of_scope: str
    over_ceiling: str
    first_share: str
    in_scope: str
    deductible: str
    compliant_personal: str


class Reason(Schema):
    article: str
    message: str


class Step(Schema):
    article: str
    what: str
    amount: str
    how: str


class ClaimOut(Schema):
    """How a claim stands: the amounts add up to `total`, each step of the worksheet names its article."""

    number: str
    state: str
    version: int | None = None
    policy: str | None = None
    ratio: str | None = None
    amounts: Amounts | None = None
    reasons: list[Reason] = []
    worksheet: list[Step] = []
    message: str | None = None


class Wrong(Schema):
    field: str
    message: str


class Refused(Schema):
    """Why nothing was done: `errors` name each field, as lines[0].amount."""

    code: str
    message: str
    errors: list[Wrong] = []


class Signed(APIKeyHeader):
    """A request with key, time, message and the signature over all of it and the body."""

    param_name = "X-Huimin-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> Sent | None:
        stamp, message_id = request.headers.get("X-Huimin-Time", ""), request.headers.get("X-Huimin-Message", "")
        if not key or "\0" in key + message_id or len(key) > 32 or not 0 < len(message_id) <= 40:
            return None
        found = messaging.find(key, message_id) if connecting.timely(stamp, days.now()) else None
        if found is None:
            return None
        connection, earlier = found
        asked = connecting.signature(
            connection.secret, request.method or "", request.path, stamp, message_id, request.body
        )
        if not connecting.same(asked, request.headers.get("X-Huimin-Signature", "")):
            return None
        digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()
        return Sent(connection, message_id, digest, earlier)


api = NinjaAPI(
    title="惠民医保 医疗机构接口",
    version="1",
    description=(
        "每个请求带四个请求头：X-Huimin-Key 接入标识，X-Huimin-Time 秒数（与本系统相差不超过五分钟），"
        "X-Huimin-Message 报文标识（每笔业务一个，最多 40 字），X-Huimin-Signature 签名："
        "以接入密钥对“方法、路径、时间、报文标识、正文 SHA-256（十六进制）”五行作 HMAC-SHA256，十六进制。"
        "没有收到应答的报文可以原样再发，得到同一应答。"
    ),
    auth=Signed(),
    docs_url=None,
    urls_namespace="api",
)
_ANSWERS: dict[Any, Any] = {200: ClaimOut, 401: Refused, 404: Refused, 409: Refused, 413: Refused, 422: Refused}


@api.post("/claims", response=_ANSWERS, summary="费用申报")
def claim(request: HttpRequest, body: ClaimIn) -> Status[dict[str, Any]]:
    """Enter a claim; the answer is its decision."""
    return _answer(messaging.claim(request.auth, _rows(body), at=days.now()))


@api.post("/claims/{number}/correction", response=_ANSWERS, summary="更正")
def correction(request: HttpRequest, number: Path[Number], body: CorrectionIn) -> Status[dict[str, Any]]:
    """Put a corrected claim in the place of the latest version of its number."""
    if body.number != number:
        return Status(422, _refused("bad", [("number", _("与地址中的结算单号不一致"))]))
    return _answer(messaging.correction(request.auth, _rows(body), body.why, at=days.now()))


@api.post("/claims/{number}/reversal", response=_ANSWERS, summary="冲正")
def reversal(request: HttpRequest, number: Path[Number], body: ReversalIn) -> Status[dict[str, Any]]:
    """Take a claim back; one that has not come yet is refused when it comes."""
    return _answer(messaging.reversal(request.auth, number, body.why, at=days.now()))


@api.get("/claims/{number}", response=_ANSWERS, summary="查询")
def standing(request: HttpRequest, number: Path[Number]) -> Status[dict[str, Any]]:
    """How the latest version of a number stands."""
    found = messaging.standing(request.auth.connection, number)
    if found is None:
        return Status(404, _refused("unknown", message=_("没有收到过结算单 %(number)s") % {"number": number}))
    return Status(200, found)


def _answer(answer: messaging.Answer) -> Status[dict[str, Any]]:
    return Status(answer.status, answer.content)


def _rows(body: ClaimIn) -> list[Row]:
    """The claim as rows of a hospital's file, read by the very columns of that file."""
    wrong: list[tuple[str, str]] = []
    told = body.model_dump(exclude={"lines", "why"})
    shared = _read(told, "", wrong)
    rows = []
    for at, line in enumerate(body.lines):
        values = shared | _read(line.model_dump(), f"lines[{at}].", wrong)
        rows.append(Row(at, values, (), ()))
    if wrong:
        raise _Unreadable(wrong)
    return rows


def _read(told: dict[str, Any], prefix: str, wrong: list[tuple[str, str]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in told.items():
        try:
            values[name] = None if value is None or value == "" else _COLUMNS[name].read(value)
        except Refusal as refusal:
            wrong.append((f"{prefix}{name}", str(refusal)))
        else:
            if values[name] is None and _COLUMNS[name].required:
                wrong.append((f"{prefix}{name}", _("不能为空")))
    return values


class _Unreadable(Refusal):
    """A body whose values cannot be what their fields ask for."""

    def __init__(self, wrong: list[tuple[str, str]]) -> None:
        super().__init__(_("报文有误，未受理"))
        self.wrong = wrong


def _refused(code: str, wrong: list[tuple[str, str]] | None = None, message: str = "") -> dict[str, Any]:
    errors = [{"field": field, "message": why} for field, why in wrong or ()]
    return {"code": code, "message": message or _("报文有误，未受理"), "errors": errors}


@api.exception_handler(_Unreadable)
def unreadable(request: HttpRequest, wrong: _Unreadable) -> HttpResponse:
    return api.create_response(request, _refused("bad", wrong.wrong), status=422)


@api.exception_handler(BadMessage)
def bad(request: HttpRequest, wrong: BadMessage) -> HttpResponse:
    """Faults of the claim as a whole and of its lines, each with its place in the body."""
    told = []
    for fault in wrong.faults:
        name = _FIELD.get(fault.field, "")
        told.append((f"lines[{fault.line}].{name}" if name in intake.OF_A_LINE else name, fault.message))
    return api.create_response(request, _refused("bad", told), status=422)


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, wrong: ValidationError) -> HttpResponse:
    """A body that has not the shape of the message."""
    told = [(_place(error["loc"]), str(error["msg"])) for error in wrong.errors]
    return api.create_response(request, _refused("malformed", told), status=422)


@api.exception_handler(AuthenticationError)
def unsigned(request: HttpRequest, _wrong: AuthenticationError) -> HttpResponse:
    message = _("签名不符、时间相差过大、缺少报文标识或接入已停用")
    return api.create_response(request, _refused("unsigned", message=message), status=401)


@api.exception_handler(RequestDataTooBig)
def too_big(request: HttpRequest, _wrong: RequestDataTooBig) -> HttpResponse:
    return api.create_response(request, _refused("too_big", message=_("报文过大")), status=413)


@api.exception_handler(Refusal)
def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal of the work itself: the claim does not stand where this message would move it."""
    return api.create_response(request, _refused("refused", message=str(refusal)), status=409)


def _place(loc: tuple[Any, ...]) -> str:
    """Where in the body, as the rest of this door writes it: lines[0].amount."""
    told = ""
    for part in loc[2:] if loc[:1] == ("body",) else loc[1:]:
        told += f"[{part}]" if isinstance(part, int) else f".{part}" if told else str(part)
    return told
