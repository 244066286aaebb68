"""Workers of a renewal are killed at any moment, knocked for twice and by two clocks: the rows of a run in peace."""

import logging
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum

from benchmarks.renewal import ON, YEAR, settle
from enrollment import renewal
from enrollment.models import CollectionPeriod, Due, Enrollment, RenewalCount
from office import days, jobs
from office.models import AuditEvent, Chunk, Job
from tests.town import Town

_FORK = multiprocessing.get_context("fork")
_PEOPLE, _VILLAGES, _PIECE = 600, 6, 20
_FACTS = (
    "resident", "year", "area", "state", "origin", "paid_on", "benefits_from", "benefits_until", "transition_until",
    "inpatient_factor", "reasons",
)  # fmt: skip
_PATIENCE = 120  # seconds for one renewal; one that is not done by then has failed
_COUNTED = ("area", "listed", "reason", "article")


def run(short: bool) -> Iterator[dict[str, Any]]:
    """Renew the same people over and over, each time with deaths; compare with one renewal in peace."""
    logging.disable(logging.ERROR)  # a worker that was overtaken says so
    # Many deaths in little time; whoever is silent for a moment is rung again by either clock.
    jobs.LEASE, jobs.PATIENCE, jobs.ATTEMPTS = timedelta(seconds=0.2), timedelta(seconds=0.1), 10_000
    renewal.CHUNK, renewal.AREAS = _PIECE, 2  # type: ignore[misc]
    lot, town = random.Random(17), Town("371600", "binzhou_2021")
    town.today = ON
    settle(town, _PEOPLE, _VILLAGES)
    period = town.period(YEAR)
    undisturbed, _deaths = _renewed(town, period, None, 0)
    wanted, tried, failed, killed = 12 if short else 200, 0, 0, 0
    while killed < wanted:
        found, deaths = _renewed(town, period, lot, wanted - killed)
        tried, killed, failed = tried + 1, killed + deaths, failed + (found != undisturbed)
    yield {"tried": tried, "failed": failed, "killed": killed, "rows": len(undisturbed[0])}


def _renewed(town: Town, period: CollectionPeriod, lot: random.Random | None, deaths: int) -> tuple[Any, int]:
    """What stands in the tables after this renewal; everything is taken away again afterwards."""
    acts = AuditEvent.objects.filter(action="renewal.finish").count()
    job = renewal.start(period, by=town.manager, on=ON, at=days.now())
    assert renewal.start(period, by=town.clerk, on=ON, at=days.now()).pk == job.pk
    killed = _let_work_among_deaths(job, lot, deaths)
    job.refresh_from_db()
    counts = RenewalCount.objects.filter(job=job).order_by().values_list(*_COUNTED).annotate(Sum("people"))
    found = (
        sorted(map(str, Enrollment.objects.filter(year=YEAR).values_list(*_FACTS))),
        sorted(map(str, Due.objects.values_list("enrollment__resident", "payer", "amount", "article"))),
        sorted(map(str, counts)),
        (job.state, job.total, job.done, job.failed, sorted(job.report.items())),
        AuditEvent.objects.filter(action="renewal.finish").count() - acts,
    )
    RenewalCount.objects.filter(job=job)._raw_delete("default")
    Chunk.objects.filter(job=job)._raw_delete("default")
    Job.objects.filter(pk=job.pk)._raw_delete("default")
    Due.objects.all()._raw_delete("default")
    Enrollment.objects.filter(year=YEAR)._raw_delete("default")
    return found, killed


def _let_work_among_deaths(job: Job, lot: random.Random | None, deaths: int) -> int:
    """Three workers on one job, each killed after a moment, until it is done; answers how many died at work."""
    killed, workers, deadline = 0, [], time.monotonic() + _PATIENCE
    while _moving(job.pk) and time.monotonic() < deadline:
        workers = [worker for worker in workers if worker.is_alive()]
        while len(workers) < 3:
            workers.append(_worker(job.pk))
        time.sleep(lot.uniform(0.0, 0.3) if lot else 0.1)
        victim = lot.choice(workers) if lot else None
        if victim is not None and killed < deaths and victim.is_alive():
            with suppress(ProcessLookupError):
                os.kill(victim.pid, signal.SIGKILL)
                killed += 1
    for worker in workers:
        worker.join(timeout=5)
        worker.kill()  # whoever still looks for work then never finds an end
        worker.join()
    return killed


def _moving(job_id: int) -> bool:
    return Job.objects.get(pk=job_id).state in (Job.State.WAITING, Job.State.RUNNING)


def _worker(job_id: int) -> Any:
    # No connection may be shared across the fork.
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()
    worker = _FORK.Process(target=_work, args=(job_id,))
    worker.start()
    return worker


def _work(job_id: int) -> None:
    """A worker that hears every message twice and keeps a clock of its own beside the others."""
    while _moving(job_id):
        for knocked in (job_id, job_id, *jobs.sweep(days.now())):
            jobs.work(knocked, days.now)
        time.sleep(0.02)
