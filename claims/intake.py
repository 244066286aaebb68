"""Claims as a hospital sends them: one flat file, a row per fee line; a claim comes whole or not at all, and once."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from claims.models import Claim, ClaimLine, Institution
from office.models import Batch, Staff
from policies.money import ZERO


@dataclass(slots=True)
class Draft:
    """One claim as it was read: its number, its facts as columns of Claim, its fee lines, and where it stood."""

    number: str
    facts: dict[str, Any]
    lines: list[ClaimLine] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """The fingerprint of everything that was sent: the same claim sent again has the same one."""
        told = [
            sorted((name, str(value)) for name, value in self.facts.items() if value not in (None, "")),
            [
                [line.item, line.kind, line.klass, _plain(line.amount), _plain(line.first_share), _plain(line.ceiling)]
                for line in self.lines
            ],
            [[str(line.day or ""), line.informed] for line in self.lines],
        ]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _plain(number: Any) -> str:
    return "" if number is None else f"{number:.4f}"


def enter(
    drafts: Sequence[Draft], institution: Institution, *, by: Staff, at: datetime, batch: Batch | None = None
) -> list[Claim]:
    """Write claims down as received, with their lines; nothing is paid before they are worked out."""
    with transaction.atomic():
        claims = Claim.objects.bulk_create(
            (_received(draft, institution, by, at, batch) for draft in drafts), batch_size=500
        )
        lines = []
        for claim, draft in zip(claims, drafts, strict=True):
            for line in draft.lines:
                line.claim = claim
                lines.append(line)
        ClaimLine.objects.bulk_create(lines, batch_size=2000)
    return claims


def _received(draft: Draft, institution: Institution, by: Staff, at: datetime, batch: Batch | None) -> Claim:
    total = sum((line.amount for line in draft.lines), ZERO)
    return Claim(
        institution=institution,
        area_id=institution.area_id,
        number=draft.number,
        digest=draft.digest,
        batch=batch,
        year=draft.facts["discharged"].year,
        state=Claim.State.RECEIVED,
        total=total,
        personal=total,
        entered_by=by,
        entered_at=at,
        **draft.facts,
    )
