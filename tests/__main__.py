"""`python -m tests`: the suite on SQLite, and again on PostgreSQL and Redis where they answer; says what it ran on.

HUIMIN_TEST_POSTGRES and HUIMIN_TEST_REDIS name the servers, REQUIRE_SERVERS=1 makes their absence a failure, CI adds
the proofs in short form. Further arguments go to pytest.
"""

import os
import subprocess
import sys
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

from config import keys

POSTGRES = os.environ.get("HUIMIN_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("HUIMIN_TEST_REDIS", "redis://127.0.0.1:6379/15")
WORKERS = os.environ.get("TEST_WORKERS", "2")


class Server(NamedTuple):
    name: str
    url: str
    version: str  # empty where it does not answer


def _postgres() -> Server:
    with suppress(psycopg.OperationalError), psycopg.connect(POSTGRES, connect_timeout=2) as connection:
        # Tests get a database of their own beside the one that was named: Django makes test_huimin and drops it.
        own = urlunsplit(urlsplit(POSTGRES)._replace(path="/huimin"))
        return Server("PostgreSQL", own, str(connection.info.server_version // 10000))
    return Server("PostgreSQL", POSTGRES, "")


def _redis() -> Server:
    with suppress(redis.RedisError), redis.Redis.from_url(REDIS, socket_connect_timeout=2) as connection:
        return Server("Redis", REDIS, str(connection.info("server")["redis_version"]))
    return Server("Redis", REDIS, "")


def _run(module: str, *arguments: str, **environment: str) -> int:
    trial = {"LOCAL": "true", "DEBUG": "false", "DATABASE_URL": "sqlite:///var/test.sqlite3", "REDIS_URL": ""}
    command = [sys.executable, "-m", module, *arguments]
    sys.stdout.flush()
    return subprocess.run(command, env=os.environ | trial | environment, check=False).returncode


def main(arguments: list[str]) -> int:
    """Run everything that this machine can run; the first code that is not 0 is the answer."""
    keys.ensure()
    postgres, broker = _postgres(), _redis()
    missing = [server for server in (postgres, broker) if not server.version]
    for server in (postgres, broker):
        print(f"{server.name}: {server.version or '没有应答, 不在其上运行 (no answer, not run on it)'}")
    if missing and os.environ.get("REQUIRE_SERVERS") == "1":
        print("REQUIRE_SERVERS=1, 缺少服务即为失败。 A required server does not answer.", file=sys.stderr)
        return 1

    left_out = ", ".join(server.name for server in missing)
    servers = {"REDIS_URL": broker.url} if broker.version else {}
    environments: list[dict[str, str]] = [{}]
    if postgres.version:
        environments.append({"DATABASE_URL": postgres.url, **servers})
    elif servers:
        environments.append(servers)

    codes = []
    if os.environ.get("CI"):  # races and crashes are another matter on each database
        codes += [_run("tests.proofs", "--short", **environment) for environment in environments]
    suite = ["-n", WORKERS, "--dist", "loadfile", *arguments]
    codes += [_run("pytest", *suite, HUIMIN_LEFT_OUT=left_out, **environment) for environment in environments]
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
