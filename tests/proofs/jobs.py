"""Workers are killed and paused at any moment, two clocks ring at once: each chunk's effects are written once."""

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

from office import areas, audit, days, jobs
from office.models import AuditEvent, Chunk, Job

_FORK = multiprocessing.get_context("fork")
_SECONDS = 0.01  # how long a chunk takes before and after its effect


def run(short: bool) -> Iterator[dict[str, Any]]:
    """Let workers die over a job and count each chunk's effects."""
    logging.disable(logging.WARNING)
    chunks = 60 if short else 400
    jobs.LEASE, jobs.ATTEMPTS = timedelta(seconds=0.2), 10_000  # many deaths in little time
    jobs.handler("proof")(_effect)
    city = areas.plant("140700")
    job = jobs.start(
        "proof",
        f"proof:{time.time_ns()}",
        "证明",
        city,
        [jobs.Piece(str(n), [n]) for n in range(chunks)],
        None,
        days.now(),
    )
    harm = _let_work_among_deaths(job, random.Random(chunks))
    job.refresh_from_db()
    written = Counter(AuditEvent.objects.filter(action="proof.effect").values_list("subject", flat=True))
    wrong = sum(written[f"chunk:{n}"] != 1 for n in range(chunks))
    wrong += (job.state, job.done, job.report.get("effects")) != (Job.State.DONE, chunks, chunks)
    wrong += not audit.verify().holds
    yield {"tried": chunks, "failed": wrong, **harm}


def _effect(job: Job, chunk: Chunk) -> jobs.Counts:
    time.sleep(_SECONDS)
    audit.record(None, "proof.effect", f"chunk:{chunk.keys[0]}", at=days.now())
    time.sleep(_SECONDS)
    return {"effects": 1}


def _let_work_among_deaths(job: Job, lot: random.Random) -> dict[str, int]:
    harm = {"killed": 0, "paused": 0}
    workers: list[Any] = []
    deadline = time.monotonic() + 300
    while Job.objects.get(pk=job.pk).state != Job.State.DONE and time.monotonic() < deadline:
        workers = [worker for worker in workers if worker.is_alive()]
        while len(workers) < 3:
            workers.append(_worker(job.pk))
        time.sleep(lot.uniform(0.02, 0.3))
        victim = lot.choice(workers)
        with suppress(ProcessLookupError):
            if lot.random() < 0.5:
                os.kill(victim.pid, signal.SIGKILL)
                harm["killed"] += 1
            else:
                os.kill(victim.pid, signal.SIGSTOP)
                time.sleep(0.3)  # longer than the lease
                os.kill(victim.pid, signal.SIGCONT)
                harm["paused"] += 1
    for worker in workers:
        worker.join()
    return harm


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
