"""One command for a trial: tables, demo city, web server, worker and clock, and a clean end on Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser
from contextlib import suppress
from types import FrameType
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command, get_commands
from django.db import connections

PATIENCE = 30  # seconds a child gets to finish what it is doing


class Command(BaseCommand):
    """`manage.py run`: everything that `make run` promises, in one process tree."""

    help = "启动试用环境: 建表、载入演示城市 (如尚无数据)、启动网页服务、后台作业与时钟; 按 Ctrl-C 结束。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """HOST and PORT of the environment are the defaults."""
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--no-demo", action="store_true", help="不载入演示城市")

    def handle(self, *args: Any, host: str, port: int, no_demo: bool, **options: Any) -> None:
        """Prepare, start, watch, stop. Ends with 0 on Ctrl-C or SIGTERM, with 1 where a child died by itself."""
        stop = threading.Event()

        def ask_to_stop(number: int, frame: FrameType | None) -> None:
            stop.set()
            if not children:  # still preparing: nothing to end in order, so break off here
                raise KeyboardInterrupt

        children: dict[str, subprocess.Popen[bytes]] = {}
        before = {n: signal.signal(n, ask_to_stop) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            self._refuse_taken_port(host, port)
            self._prepare(no_demo)
            for name, command in _commands(host, port).items():
                children[name] = _start(command)
            self._watch(children, stop, f"http://{host}:{port}")
        except KeyboardInterrupt:
            self.stdout.write("\n已中断。")
        finally:
            _end(children)
            for number, handler in before.items():
                signal.signal(number, handler)
        self.stdout.write("已全部停止。")

    def _refuse_taken_port(self, host: str, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as refusal:
                raise CommandError(
                    f"地址 {host}:{port} 不可用 ({refusal.strerror}); 换一个端口: PORT=8001 make run"
                ) from refusal

    def _prepare(self, no_demo: bool) -> None:
        self.stdout.write("正在准备数据表…")
        call_command("migrate", interactive=False, verbosity=0)
        if not no_demo and "demo" in get_commands() and not get_user_model().objects.exists():
            self.stdout.write("尚无数据, 正在载入演示城市…")
            call_command("demo", stdout=self.stdout)
        # The children open their own connections; none may be shared across the fork.
        connections.close_all()

    def _watch(self, children: dict[str, subprocess.Popen[bytes]], stop: threading.Event, address: str) -> None:
        told = False
        while not stop.wait(0.3):
            for name, child in children.items():
                if child.poll() is not None:
                    raise CommandError(f"{name}意外退出 (退出码 {child.returncode}), 其余部分已停止; 原因见上方输出。")
            if not told and _answers(address):
                told = True
                self._tell(address)
        self.stdout.write("\n正在停止…")

    def _tell(self, address: str) -> None:
        self.stdout.write(f"\n惠民已启动: {address}\n")
        if "demo" in get_commands():
            call_command("demo", "--logins", stdout=self.stdout)
            connections.close_all()
        self.stdout.write("按 Ctrl-C 停止。\n")
        self.stdout.flush()


def _commands(host: str, port: int) -> dict[str, list[str]]:
    gunicorn = ["gunicorn", "config.wsgi", "--bind", f"{host}:{port}", "--worker-class", "gthread"]
    gunicorn += ["--workers", "2", "--threads", "4", "--log-level", "warning", "--graceful-timeout", "10"]
    worker = ["celery", "--quiet", "-A", "config", "worker", "-P", "prefork", "-c", "2", "--loglevel", "WARNING"]
    worker += ["--without-mingle", "--without-gossip", "--without-heartbeat"]
    worker += ["-B", "--schedule", str(settings.VAR / "clock")]
    return {"网页服务": [sys.executable, "-m", *gunicorn], "后台作业": [sys.executable, "-m", *worker]}


def _start(command: list[str]) -> "subprocess.Popen[bytes]":
    # A trial in a container runs as root, and need not be told seven lines about it at every start.
    environment = os.environ | {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
    # A group of its own: Ctrl-C in the terminal reaches this command alone, which then ends the children in order.
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/health/?format=json", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, TimeoutError, ConnectionError):
        return False


def _end(children: dict[str, "subprocess.Popen[bytes]"]) -> None:
    """Ask each child to end, wait, and leave nobody of its group behind."""
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + PATIENCE
    for child in children.values():
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        with suppress(ProcessLookupError):  # the usual case: the whole group is gone already
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
