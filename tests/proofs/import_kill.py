"""Workers that take a roster are killed at any moment and come back: the same rows as if nobody had disturbed them."""

import logging
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import connection

from benchmarks.roster import workbook
from enrollment import roster
from enrollment.models import Household, Resident
from office import days, intake, jobs, undoing
from office.models import AuditEvent, Batch, Job
from tests.town import Town

_FORK = multiprocessing.get_context("fork")
_ROWS = 400  # rows of one roster, in chunks of _PIECE
_PIECE = 40
_SHORTEST = 0.2  # seconds: a lease that is over soon after a death
_FACTS = ("name", "id_index", "sex", "birth_on", "area_id", "relation", "basis", "phone", "insured_through")


def run(short: bool) -> Iterator[dict[str, Any]]:
    """Take the same roster over and over, each time with deaths; compare with one taking in peace."""
    logging.disable(logging.WARNING)
    jobs.LEASE, jobs.ATTEMPTS = timedelta(seconds=30), 10_000
    intake.INLINE, intake.PIECE = _PIECE, _PIECE
    lot, town, content = random.Random(11), Town(), workbook(0, _ROWS)
    begun = time.monotonic()
    undisturbed = _taken(town, content, None, 0)[0]
    # Many deaths in little time; yet on a busy machine a chunk has to fit into its lease, or two workers would take it
    # from one another for ever.
    jobs.LEASE = timedelta(seconds=max(_SHORTEST, 3 * (time.monotonic() - begun) * _PIECE / _ROWS))
    wanted, tried, failed, killed = 15 if short else 200, 0, 0, 0
    while killed < wanted:
        found, deaths = _taken(town, content, lot, wanted - killed)
        tried, killed, failed = tried + 1, killed + deaths, failed + (found != undisturbed)
    yield {"tried": tried, "failed": failed, "killed": killed, "rows": _ROWS}


def _taken(town: Town, content: bytes, lot: random.Random | None, deaths: int) -> tuple[Any, int]:
    """What stands in the tables after this roster was taken; it is undone again afterwards."""
    acts = AuditEvent.objects.filter(action="intake.take_roster").count()
    batch = intake.receive("roster", town.county, "名册.xlsx", content, {}, by=town.clerk, at=days.now())
    intake.take(batch, by=town.clerk, at=days.now())
    job = intake.job_of(batch)
    assert job is not None
    killed = _let_work_among_deaths(job, lot, deaths)
    batch.refresh_from_db()
    found = (
        sorted(Resident.objects.values_list(*_FACTS, "household__head__id_index")),
        sorted(Counter(Household.objects.values_list("area", flat=True)).items()),
        (batch.state, batch.read, batch.taken, batch.refused, batch.duplicate),
        AuditEvent.objects.filter(action="intake.take_roster").count() - acts,
    )
    if batch.state == Batch.State.TAKEN:
        undoing.undo(batch, town.clerk, days.now())
    left = (Resident.objects.count(), Household.objects.count())  # rows that the record of the import does not know
    _clear()
    return (*found, left), killed


def _clear() -> None:
    Household.objects.update(head=None)
    Resident.objects.all()._raw_delete("default")
    Household.objects.all()._raw_delete("default")


def _let_work_among_deaths(job: Job, lot: random.Random | None, deaths: int) -> int:
    """Two workers at a time, each killed after a moment, until the job is done; answers how many died at work."""
    killed, workers, deadline = 0, [], time.monotonic() + 120
    while Job.objects.get(pk=job.pk).state != Job.State.DONE and time.monotonic() < deadline:
        workers = [worker for worker in workers if worker.is_alive()]
        while len(workers) < 2:
            workers.append(_worker(job.pk))
        time.sleep(lot.uniform(0.0, 0.4) if lot else 0.1)
        victim = lot.choice(workers) if lot else None
        if victim is not None and killed < deaths and victim.is_alive():
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
    assert roster.KIND  # importing it makes its files known to the worker
    while jobs.work(job_id, days.now) or Job.objects.get(pk=job_id).state != Job.State.DONE:
        time.sleep(0.02)
