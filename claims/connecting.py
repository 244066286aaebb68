"""The way by which a hospital's system sends its claims: opened, closed, and proved by a signature on each message."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from claims.models import Connection, Institution
from office import audit
from office.models import Staff
from office.refusal import Refusal

SKEW: Final = timedelta(minutes=5)  # by which the clocks of two systems may differ


class CannotConnect(Refusal):
    """The connection is closed already, or the institution is not the person's."""


def open_for(institution: Institution, *, by: Staff, at: datetime) -> Connection:
    """Open a connection; its secret stands in what is given back, for the institution, and is never shown again."""
    if not by.area.covers(institution.area):
        raise CannotConnect(_("%(institution)s不在您的管辖区域内") % {"institution": institution})
    with transaction.atomic():
        connection = Connection.objects.create(
            institution=institution,
            key=f"{institution.code[:12]}-{secrets.token_hex(6)}",
            secret=secrets.token_urlsafe(32),
            opened_by=by,
            opened_at=at,
        )
        audit.record(by, "claims.open_connection", institution, {"key": connection.key}, at=at)
    return connection


def close(connection: Connection, *, by: Staff, at: datetime) -> None:
    """Close a connection for good: what is signed with its secret is refused from now on."""
    with transaction.atomic():
        if not Connection.objects.filter(pk=connection.pk, closed_at=None).update(closed_at=at):
            raise CannotConnect(_("该接入已停用。"))
        audit.record(by, "claims.close_connection", connection.institution, {"key": connection.key}, at=at)


def signature(secret: str, method: str, path: str, stamp: str, message_id: str, body: bytes) -> str:
    """What a request has to carry: HMAC-SHA256 over its method, path, time, message and body, in hexadecimal."""
    told = "\n".join([method.upper(), path, stamp, message_id, hashlib.sha256(body).hexdigest()])
    return hmac.new(secret.encode(), told.encode(), hashlib.sha256).hexdigest()


def timely(stamp: str, at: datetime) -> bool:
    """Whether the time in a request, seconds since 1970, is near enough to ours that nobody replays an old one."""
    return stamp.isdecimal() and len(stamp) <= 11 and abs(int(stamp) - at.timestamp()) <= SKEW.total_seconds()


def same(asked: str, given: str) -> bool:
    """Whether a signature is the one asked for; takes the same time however much of it is right."""
    return hmac.compare_digest(asked.encode(), given.encode("utf-8", "replace"))
