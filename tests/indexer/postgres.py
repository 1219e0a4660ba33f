"""A PostgreSQL of the tests' own: a private cluster on a free port, without what makes it survive a power cut."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chain import free_port

PROGRAMS = Path("/usr/lib/postgresql")
USER = "postgres"
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=20")


def programs() -> Path | None:
    """The folder of the newest server's programs; None where there is none."""
    found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda program: int(program.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return None if initdb is None else Path(initdb).parent


@contextmanager
def cluster(programs: Path) -> Iterator[str]:
    """A running server; the URL of its database `postgres`."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        if os.geteuid() == 0:
            owner = pwd.getpwnam(USER)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        data, port = f"{folder}/data", free_port()
        _run(programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C")
        options = " ".join(f"-c {option}" for option in (*QUICK, f"port={port}", f"unix_socket_directories={folder}"))
        _run(programs / "pg_ctl", "-D", data, "-l", f"{folder}/log", "-w", "-o", options, "start")
        try:
            yield f"postgresql://{USER}@127.0.0.1:{port}/postgres"
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _run(*command: object) -> None:
    """As an unprivileged user: the server refuses to run as root."""
    words = [str(word) for word in command]
    as_user = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
    ended = subprocess.run([*as_user, *words], capture_output=True, text=True, timeout=60, cwd="/", check=False)
    assert ended.returncode == 0, f"{' '.join(words)}: {ended.stdout}{ended.stderr}"
