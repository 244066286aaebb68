"""Jobs survive whatever happens to those who do them: each chunk's effects are written exactly once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from office import areas, audit, jobs, tasks
from office.jobs import CannotRetry, Piece
from office.models import Area, AuditEvent, Chunk, Job
from office.refusal import Refusal
from tests.town import Town


class Bench:
    """A job that adds a town for each key, and can be told to break."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.breaks: dict[str, Exception] = {}
        self.finished: list[int] = []
        self.now = town.now

    def clock(self) -> object:
        return self.now

    def chunk(self, job: Job, chunk: Chunk) -> jobs.Counts:
        for code in chunk.keys:
            areas.add(self.town.other_county, code, f"镇{code}")
            if code in self.breaks:
                raise self.breaks[code]
        return {"towns": len(chunk.keys)}

    def finish(self, job: Job) -> None:
        self.finished.append(job.pk)
        audit.record(None, "test.finish", job, job.report, at=self.now)

    def start(self, pieces: int = 3) -> Job:
        code = self.town.other_county.code
        parts = [Piece(f"第{n}片", [f"{code}{n}{m}" for m in (10, 20)], 2) for n in range(2, 2 + pieces)]
        return jobs.start("bench", "bench:1", "试验", self.town.city, parts, self.town.clerk, self.now)

    def made(self) -> int:
        return Area.objects.filter(name__startswith="镇").count()


@pytest.fixture
def bench(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    bench = Bench(town)
    monkeypatch.setattr(jobs, "_kinds", {})
    jobs.handler("bench", bench.finish)(bench.chunk)
    yield bench


def _state(job: Job) -> tuple[str, int, int]:
    job.refresh_from_db()
    return job.state, job.done, job.failed


def test_a_job_does_all_its_chunks_adds_up_their_counts_and_finishes_once(bench: Bench) -> None:
    job = bench.start()
    assert not jobs.work(job.pk, bench.clock)
    assert _state(job) == ("done", 6, 0)
    assert job.report == {"towns": 6}
    assert bench.made() == 6
    assert job.percent == 100
    jobs.work(job.pk, bench.clock)  # a doubled knock
    assert bench.finished == [job.pk]
    assert bench.made() == 6


def test_the_same_key_is_the_same_job(bench: Bench) -> None:
    assert bench.start() == bench.start()
    assert Chunk.objects.count() == 3


def test_a_job_without_chunks_is_done_at_once(bench: Bench) -> None:
    job = bench.start(0)
    jobs.work(job.pk, bench.clock)
    assert _state(job) == ("done", 0, 0)
    assert bench.finished == [job.pk]


def test_a_chunk_that_breaks_half_way_leaves_nothing_and_fails_alone(bench: Bench) -> None:
    code = f"{bench.town.other_county.code}310"
    bench.breaks[code] = ZeroDivisionError("half-way")
    job = bench.start()
    jobs.work(job.pk, bench.clock)
    assert _state(job) == ("failed", 4, 2)
    assert bench.made() == 4
    assert not Area.objects.filter(code=code).exists()
    broken = job.chunks.get(state="failed")
    assert (broken.attempts, broken.error) == (3, "ZeroDivisionError: half-way")
    assert bench.finished == []

    bench.breaks.clear()
    jobs.retry(job, bench.town.manager, bench.now)
    jobs.work(job.pk, bench.clock)
    assert _state(job) == ("done", 6, 0)
    assert bench.finished == [job.pk]
    with pytest.raises(CannotRetry):
        jobs.retry(job, bench.town.manager, bench.now)


def test_a_refusal_is_shown_in_its_own_words(bench: Bench) -> None:
    bench.breaks[f"{bench.town.other_county.code}210"] = Refusal("不在有效期内", "BZ52")
    job = bench.start(1)
    jobs.work(job.pk, bench.clock)
    assert job.chunks.get().error == "不在有效期内（BZ52）"


def test_a_worker_with_an_old_token_writes_nothing(bench: Bench) -> None:
    job = bench.start(1)
    paused = jobs.take(job, bench.now)
    assert paused is not None
    assert jobs.take(job, bench.now) is None  # the lease holds
    later = bench.now + jobs.LEASE + timedelta(seconds=1)
    heir = jobs.take(job, later)
    assert heir is not None
    assert (heir.pk, heir.token) == (paused.pk, paused.token + 1)
    jobs.do(job, paused, bench.clock)  # wakes up and tries to finish
    assert bench.made() == 0
    assert _state(job) == ("running", 0, 0)
    jobs.do(job, heir, bench.clock)
    jobs.do(job, paused, bench.clock)
    assert bench.made() == 2
    assert _state(job) == ("running", 2, 0)


def test_without_the_token_the_old_worker_would_write(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard taken out: the test above fails, so it tests the guard."""
    monkeypatch.setattr(jobs, "_held", lambda chunk: Chunk.objects.filter(pk=chunk.pk))
    job = bench.start(1)
    paused = jobs.take(job, bench.now)
    heir = jobs.take(job, bench.now + jobs.LEASE + timedelta(seconds=1))
    assert paused is not None
    assert heir is not None
    jobs.do(job, paused, bench.clock)
    assert bench.made() == 2


def test_a_chunk_whose_holders_die_three_times_is_given_up(bench: Bench) -> None:
    job = bench.start(2)
    moment = bench.now
    for _death in range(jobs.ATTEMPTS):
        assert jobs.take(job, moment) is not None
        assert jobs.take(job, moment) is not None
        moment += jobs.LEASE + timedelta(seconds=1)
    bench.now = moment
    jobs.work(job.pk, bench.clock)
    assert _state(job) == ("failed", 0, 4)
    assert set(job.chunks.values_list("error", flat=True)) == {"处理进程连续中断"}


def test_a_finish_that_breaks_is_undone_and_shown(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def finish(job: Job) -> None:
        audit.record(None, "test.finish", job, at=bench.now)
        raise ValueError("no end")

    jobs.handler("bench", finish)(bench.chunk)
    job = bench.start(1)
    jobs.work(job.pk, bench.clock)
    assert _state(job) == ("failed", 2, 0)
    assert job.report["error"] == "ValueError: no end"
    assert not AuditEvent.objects.filter(action="test.finish").exists()


def test_a_long_job_makes_room_after_its_spell(bench: Bench) -> None:
    job = bench.start(3)

    def hurried() -> object:
        bench.now += jobs.SPELL
        return bench.now

    assert jobs.work(job.pk, hurried)
    assert _state(job)[1] < 6
    while jobs.work(job.pk, hurried):
        pass
    assert _state(job) == ("done", 6, 0)


def test_the_clock_rings_only_for_jobs_that_stand_still(bench: Bench) -> None:
    job = bench.start(2)
    assert jobs.sweep(bench.now) == []
    late = bench.now + jobs.PATIENCE + timedelta(seconds=1)
    assert jobs.sweep(late) == [job.pk]
    jobs.take(job, late)
    assert jobs.sweep(late) == []
    jobs.work(job.pk, bench.clock)
    assert jobs.sweep(late + timedelta(days=1)) == [job.pk]  # one chunk is still held by a worker that died
    bench.now = late + timedelta(days=1)
    jobs.work(job.pk, bench.clock)
    assert jobs.sweep(late + timedelta(days=2)) == []


def test_two_ticks_do_a_forgotten_job_once(
    bench: Bench, django_capture_on_commit_callbacks: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = bench.start(2)
    monkeypatch.setattr(tasks.days, "now", lambda: bench.now + timedelta(hours=1))
    for _clock in range(2):
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            tasks.tick()
    assert _state(job) == ("done", 4, 0)
    assert bench.finished == [job.pk]


def test_a_start_rings_when_its_transaction_commits(bench: Bench, django_capture_on_commit_callbacks: object) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        job = bench.start(2)
    assert _state(job)[0] == "done"
