"""Long work as rows: jobs cut into chunks that are taken under a token and a lease, each done exactly once."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from celery import current_app
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from office import audit
from office.models import Area, Chunk, Job, Staff
from office.refusal import Refusal

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # a chunk is cut for about two seconds; a paused worker loses it after this
PATIENCE = timedelta(seconds=15)  # without a heartbeat for so long, a job is rung again
SPELL = timedelta(seconds=60)  # one call works so long, then makes room and rings again
ATTEMPTS = 3
ADDED = 10_000  # chunks that one chunk may add at most
BELLS = 2  # as many workers are called to one job

Clock = Callable[[], datetime]
Counts = dict[str, int]
Work = Callable[[Job, Chunk], Counts | None]
Finish = Callable[[Job], None]


class Piece(NamedTuple):
    """A chunk to be: what people read, the keys that the handler gets, and how many units it counts for."""

    label: str
    keys: list[Any]
    size: int = 1


class CannotRetry(Refusal):
    """A job in which nothing has failed."""


class _Overtaken(Exception):
    """Another worker holds a newer token; whatever this one did is undone with its transaction."""


class _Kind(NamedTuple):
    work: Work
    finish: Finish | None


_kinds: dict[str, _Kind] = {}


def handler(kind: str, finish: Finish | None = None) -> Callable[[Work], Work]:
    """Register the function that does one chunk of this kind of job; import its module from the app's `tasks.py`.

    It is called with job and chunk inside the chunk's transaction, so all it writes stands or falls with the chunk.
    The counts it returns are added up in `job.report`. `finish(job)` is called once, in the transaction that ends the
    job, where no chunk has failed.
    """

    def register(work: Work) -> Work:
        _kinds[kind] = _Kind(work, finish)
        return work

    return register


def start(
    kind: str,
    key: str,
    title: str,
    area: Area,
    chunks: Iterable[Piece],
    by: Staff | None,
    at: datetime,
    parameters: dict[str, Any] | None = None,
) -> Job:
    """Write the job and its chunks down and ring when the transaction commits; the same key again is the same job."""
    with transaction.atomic():
        job, made = Job.objects.get_or_create(
            key=key,
            defaults={
                "kind": kind,
                "title": title,
                "area": area,
                "parameters": parameters or {},
                "created_by": by,
                "created_at": at,
            },
        )
        if made:
            pieces = [
                Chunk(job=job, number=number, label=piece.label, keys=piece.keys, size=piece.size)
                for number, piece in enumerate(chunks, start=1)
            ]
            Chunk.objects.bulk_create(pieces, batch_size=1000)
            job.total = sum(piece.size for piece in pieces)
            Job.objects.filter(pk=job.pk).update(total=job.total)
        if job.state in (Job.State.WAITING, Job.State.RUNNING):
            ring(job.pk, times=min(BELLS, max(1, job.chunks.count())))
    return job


def add(job: Job, chunk: Chunk, pieces: Iterable[Piece]) -> int:
    """Let a chunk that finds out what there is to do add it to its job, in its own transaction; how many were added.

    Whoever starts a job of a city need not wait until everybody in it is counted. Numbers follow the chunk's own, so
    chunks that add at the same time do not meet.
    """
    first = chunk.number * ADDED
    made = [
        Chunk(job=job, number=first + at, label=piece.label, keys=piece.keys, size=piece.size)
        for at, piece in enumerate(pieces)
    ]
    if len(made) > ADDED:
        raise ValueError(f"chunk {chunk} adds more than {ADDED} chunks")
    Chunk.objects.bulk_create(made, batch_size=1000)
    Job.objects.filter(pk=job.pk).update(total=F("total") + sum(piece.size for piece in made))
    return len(made)


def retry(job: Job, by: Staff, at: datetime) -> Job:
    """Put the failed chunks back to work, with three new attempts each. Refuses a job that has not failed."""
    with transaction.atomic():
        again = Job.objects.filter(pk=job.pk, state=Job.State.FAILED)
        if not again.update(state=Job.State.WAITING, failed=0, heartbeat_at=at, finished_at=None):
            raise CannotRetry(_("任务“%(title)s”没有失败的部分") % {"title": job.title})
        job.chunks.filter(state=Chunk.State.FAILED).update(state=Chunk.State.WAITING, attempts=0, error="")
        ring(job.pk)
        audit.record(by, "office.retry_job", job, at=at)
    job.refresh_from_db()
    return job


def ring(job_id: int, times: int = 1) -> None:
    """Knock for this job once the transaction is through. A lost knock is made good by the clock."""
    for _bell in range(times):
        transaction.on_commit(lambda: _knock(job_id))


def _knock(job_id: int) -> None:
    try:
        current_app.signature("office.tasks.ring", args=(job_id,)).apply_async()
    except OperationalError:
        log.warning("no broker for the knock of job %s; the clock will ring again", job_id)


def sweep(now: datetime) -> list[int]:
    """The jobs that should move and have shown no sign of life lately: the clock rings them again."""
    still = Q(heartbeat_at__lt=now - PATIENCE) | Q(heartbeat_at=None, created_at__lt=now - PATIENCE)
    unfinished = Q(state__in=(Job.State.WAITING, Job.State.RUNNING))
    return list(Job.objects.filter(still & unfinished).order_by("pk").values_list("pk", flat=True))


def work(job_id: int, clock: Clock) -> bool:
    """Do chunk after chunk until none is free, for at most a minute. True where some are left for another call."""
    began = clock()
    job = Job.objects.filter(pk=job_id, state__in=(Job.State.WAITING, Job.State.RUNNING)).first()
    if job is None or job.kind not in _kinds:
        if job is not None:
            log.error("no handler for jobs of kind %s", job.kind)
        return False
    while (chunk := take(job, clock())) is not None:
        do(job, chunk, clock)
        if clock() - began > SPELL:
            return True
    _end(job, clock())
    return False


def take(job: Job, now: datetime) -> Chunk | None:
    """Take the next free chunk: one that waits, or whose holder let the lease run out. Raises its token."""
    free = Q(state=Chunk.State.WAITING) | Q(state=Chunk.State.RUNNING, lease_until__lt=now)
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        waiting = job.chunks.filter(free).order_by("attempts", "number").select_for_update(skip_locked=skip)
        for chunk in waiting[:1]:
            if chunk.attempts >= ATTEMPTS:  # its holders died with it: nobody was left to say so
                _fail(job, chunk, _("处理进程连续中断"), now)
                return take(job, now)
            held = Chunk.objects.filter(free, pk=chunk.pk, token=chunk.token).update(
                state=Chunk.State.RUNNING, token=F("token") + 1, attempts=F("attempts") + 1, lease_until=now + LEASE
            )
            if not held:
                return take(job, now)
            Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, heartbeat_at=now)
            chunk.refresh_from_db()
            return chunk
    return None


def do(job: Job, chunk: Chunk, clock: Clock) -> None:
    """Do one chunk under the token it was taken with: effects and checkpoint together, or neither."""
    try:
        with transaction.atomic():
            counts = _kinds[job.kind].work(job, chunk) or {}
            _check_off(job, chunk, counts, clock())
    except _Overtaken:
        log.warning("chunk %s was taken over by another worker; this one wrote nothing", chunk)
    except Exception as error:
        # The one place that catches everything: the work is another room's, a failure must stay with its chunk, be
        # shown on the job's page, and leave the traceback in the log.
        log.exception("chunk %s failed at attempt %s", chunk, chunk.attempts)
        with transaction.atomic():
            _put_back(job, chunk, _said(error), clock())


def _check_off(job: Job, chunk: Chunk, counts: Counts, now: datetime) -> None:
    done = _held(chunk).update(state=Chunk.State.DONE, lease_until=None, error="")
    if not done:
        raise _Overtaken
    row = Job.objects.select_for_update().get(pk=job.pk)
    report = {**row.report, **{name: row.report.get(name, 0) + count for name, count in counts.items()}}
    Job.objects.filter(pk=job.pk).update(done=F("done") + chunk.size, heartbeat_at=now, report=report)


def _held(chunk: Chunk) -> Any:
    """The chunk's row as long as nobody has taken it since: the token fences off a worker that was paused."""
    return Chunk.objects.filter(pk=chunk.pk, token=chunk.token, state=Chunk.State.RUNNING)


def _put_back(job: Job, chunk: Chunk, error: str, now: datetime) -> None:
    if chunk.attempts >= ATTEMPTS:
        _fail(job, chunk, error, now)
    else:
        _held(chunk).update(state=Chunk.State.WAITING, lease_until=None, error=error)


def _fail(job: Job, chunk: Chunk, error: str, now: datetime) -> None:
    if _held(chunk).update(state=Chunk.State.FAILED, lease_until=None, error=error):
        Job.objects.filter(pk=job.pk).update(failed=F("failed") + chunk.size, heartbeat_at=now)


def _end(job: Job, now: datetime) -> None:
    """Close the job where every chunk is done or failed; of several workers one closes, and it alone calls `finish`."""
    if job.chunks.filter(state__in=(Chunk.State.WAITING, Chunk.State.RUNNING)).exists():
        return
    failed = job.chunks.filter(state=Chunk.State.FAILED).exists()
    try:
        with transaction.atomic():
            if _close(job, Job.State.FAILED if failed else Job.State.DONE, now) and not failed:
                finish = _kinds[job.kind].finish
                if finish is not None:
                    finish(Job.objects.get(pk=job.pk))
    except Exception as error:
        log.exception("the end of job %s failed", job.pk)
        _close(job, Job.State.FAILED, now, {"error": _said(error)})


def _close(job: Job, state: str, now: datetime, report: dict[str, Any] | None = None) -> bool:
    open_ = Job.objects.filter(pk=job.pk, state__in=(Job.State.WAITING, Job.State.RUNNING))
    told = {"report": {**Job.objects.get(pk=job.pk).report, **report}} if report else {}
    return bool(open_.update(state=state, finished_at=now, heartbeat_at=now, **told))


def _said(error: Exception) -> str:
    """What the job's page shows: a refusal in its own words, else the kind and first line, which holds no person."""
    if isinstance(error, Refusal):
        return str(error)[:500]
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first}"[:500]
