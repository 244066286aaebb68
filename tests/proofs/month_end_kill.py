"""Workers of a month end are killed at any moment and come back: every claim is settled once, to the fen, in order."""

import logging
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from claims import adjudication, intake, review
from claims.models import Claim, ClaimLine
from funds import auditing, settlement
from funds.models import Settlement, SettlementItem
from office import days, jobs
from office.models import Job
from policies.money import yuan
from tests.town import Town

_FORK = multiprocessing.get_context("fork")
_MARCH = date(2025, 3, 1)
_DEPOSIT = Decimal("0.05")


def run(short: bool) -> Iterator[dict[str, Any]]:
    """A few institutions with some claims each; each trial is one month end among deaths."""
    logging.disable(logging.WARNING)
    jobs.LEASE, jobs.ATTEMPTS = timedelta(seconds=0.2), 10_000  # many deaths in little time
    lot = random.Random(3)
    town = Town()
    hospitals = [town.hospital() for _ in range(8 if short else 40)]
    owed = {hospital.pk: _reviewed(town, hospital, 12) for hospital in hospitals}
    job = settlement.start(town.city, town.policy, _MARCH, by=town.accountant, at=town.now)
    killed = _let_work_among_deaths(job, lot)
    job.refresh_from_db()
    settled = {found.institution_id: found for found in Settlement.objects.all()}
    wrong = sum(
        pk not in settled
        or (settled[pk].claimed, settled[pk].deposit) != (amount, yuan(_DEPOSIT * amount))
        or settled[pk].payable + settled[pk].deposit != amount
        for pk, amount in owed.items()
    )
    wrong += SettlementItem.objects.count() != Claim.objects.filter(state=Claim.State.SETTLED).count()
    wrong += (job.state, job.done, job.report.get("settlements")) != (Job.State.DONE, len(owed), len(owed))
    wrong += len(list(auditing.findings()))
    yield {"tried": len(owed), "failed": wrong, "killed": killed}


def _reviewed(town: Town, hospital: Any, count: int) -> Decimal:
    """So many approved claims of one institution; answers what the fund owes for them."""
    drafts = [
        intake.Draft(
            number=f"M{number:04d}",
            facts={
                "resident_id": town.patient().pk,
                "benefit": Claim.Benefit.INPATIENT,
                "admitted": date(2025, 3, 2),
                "discharged": date(2025, 3, 9),
            },
            lines=[ClaimLine(number=1, item="西药费", kind="drug", klass="A", amount=Decimal(2000 + number * 7))],
        )
        for number in range(count)
    ]
    claims = intake.enter(drafts, hospital, by=town.manager, at=town.now)
    adjudication.adjudicate([claim.pk for claim in claims], at=town.now)
    worked_out = list(Claim.objects.filter(institution=hospital))
    review.approve(*worked_out, by=town.reviewer, at=town.now)
    return sum((claim.basic for claim in worked_out), Decimal(0))


def _let_work_among_deaths(job: Job, lot: random.Random) -> int:
    """Two workers at a time, each killed after a moment, until the job is done; answers how many died at work."""
    killed, workers, deadline = 0, [], time.monotonic() + 120
    while Job.objects.get(pk=job.pk).state != Job.State.DONE and time.monotonic() < deadline:
        workers = [worker for worker in workers if worker.is_alive()]
        while len(workers) < 2:
            workers.append(_worker(job.pk))
        time.sleep(lot.uniform(0.0, 0.12))
        victim = lot.choice(workers)
        if victim.is_alive():
            with suppress(ProcessLookupError):
                os.kill(victim.pid, signal.SIGKILL)
                killed += 1
    for worker in workers:
        worker.join()
    return killed


def _worker(job_id: int) -> Any:
    # No connection may be shared across the fork.
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()
    worker = _FORK.Process(target=_work, args=(job_id,))
    worker.start()
    return worker


def _work(job_id: int) -> None:
    while jobs.work(job_id, days.now) or Job.objects.get(pk=job_id).state != Job.State.DONE:
        time.sleep(0.02)
