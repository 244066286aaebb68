"""One command starts the whole office and ends it without a trace; production carries jobs through Redis."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import redis
from django.conf import settings
from django.db import connection

pytestmark = pytest.mark.slow
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a trial runs on SQLite; tried there already")
PATIENCE = 180


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def _descendants(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in (line.split() for line in listed.splitlines())}
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return sorted(family - {pid})


def _alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


class House:
    """`manage.py run` on a port and a folder of its own."""

    def __init__(self, folder: Path) -> None:
        port = _free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.log = folder / "log"
        environment = os.environ | {
            "LOCAL": "true",
            "VAR_DIR": str(folder / "var"),
            "DATABASE_URL": f"sqlite:///{folder / 'house.sqlite3'}",
            "REDIS_URL": "",
            "PORT": str(port),
        }
        command = [sys.executable, "manage.py", "run", "--no-demo"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def stands(self) -> bool:
        """Waits until the command has said where the office is."""
        return _until(lambda: "惠民已启动" in self.log.read_text() or self.process.poll() is not None)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    running = House(tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(timeout=PATIENCE)


@on_sqlite
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_answers_and_ends_without_leaving_anybody_behind(house: House, end: signal.Signals) -> None:
    assert house.stands(), house.log.read_text()
    assert _answers(f"{house.address}/login/")
    family = _descendants(house.process.pid)
    assert len(family) >= 5, "web server, its workers, the job worker, its children and the clock"
    house.process.send_signal(end)
    assert house.process.wait(timeout=PATIENCE) == 0
    assert not [pid for pid in family if _alive(pid)]
    assert "Traceback" not in house.log.read_text()


@on_sqlite
def test_it_ends_loudly_when_a_part_dies(house: House) -> None:
    assert house.stands(), house.log.read_text()
    family = _descendants(house.process.pid)
    worker = next(pid for pid in family if b"celery" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(worker, signal.SIGKILL)
    assert house.process.wait(timeout=PATIENCE) == 1
    assert "后台作业意外退出" in house.log.read_text()
    assert not [pid for pid in family if _alive(pid)]


@on_sqlite
def test_a_taken_port_is_named(house: House, tmp_path: Path) -> None:
    assert house.stands(), house.log.read_text()
    port = house.address.rsplit(":", 1)[1]
    second = subprocess.run(
        [sys.executable, "manage.py", "run", "--no-demo", "--port", port],
        cwd=settings.BASE_DIR,
        env=os.environ | {"VAR_DIR": str(tmp_path / "second"), "LOCAL": "true"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert second.returncode == 1
    assert f"127.0.0.1:{port} 不可用" in second.stderr


@pytest.mark.redis
def test_a_worker_hears_a_knock_through_redis(tmp_path: Path) -> None:
    queue = f"huimin-test-{os.getpid()}"
    broker = redis.Redis.from_url(settings.REDIS_URL)
    environment = os.environ | {"VAR_DIR": str(tmp_path), "REDIS_URL": settings.REDIS_URL}
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "-P", "prefork", "-c", "1"]
    worker = subprocess.Popen([*command, "-Q", queue, "--loglevel", "INFO"], cwd=settings.BASE_DIR, env=environment)
    try:
        call = [sys.executable, "-m", "celery", "-A", "config", "call", "celery.backend_cleanup", f"--queue={queue}"]
        assert (
            subprocess.run(call, cwd=settings.BASE_DIR, env=environment, check=False, timeout=PATIENCE).returncode == 0
        )
        assert _until(lambda: broker.llen(queue) == 0)
        assert worker.poll() is None
    finally:
        worker.terminate()
        assert worker.wait(timeout=PATIENCE) == 0
        broker.delete(queue)
