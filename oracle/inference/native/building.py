"""Compiles `kernels.cpp` for this very processor, once: the library is kept under a hash of all that decides it."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("kernels.cpp")
INCLUDED = Path(__file__).with_name("sha256.h")
FLAGS = ("-O3", "-march=native", "-std=c++17", "-fopenmp", "-shared", "-fPIC", "-ffp-contract=off")
COMPILERS = ("c++", "g++", "clang++")
LIMIT_SECONDS = 300


class NativeUnavailable(RuntimeError):
    """There is no compiler, or it fails; the message says which."""


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "commonhold"


@cache
def library() -> ctypes.CDLL:
    """The compiled kernels. Raises `NativeUnavailable`."""
    path = cache_folder() / f"kernels-{_fingerprint()}.so"
    if not path.exists():
        _compile(path)
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise NativeUnavailable(f"{path}: {error}") from error


def compiler() -> str:
    named = os.environ.get("CXX")
    found = named or next((name for name in COMPILERS if shutil.which(name)), None)
    if found is None:
        raise NativeUnavailable("no C++ compiler: " + ", ".join(COMPILERS))
    return found


def _fingerprint() -> str:
    """Of source, flags, compiler and processor: another processor may lack instructions that this one has."""
    version = subprocess.run([compiler(), "--version"], capture_output=True, text=True, check=False).stdout
    parts = [SOURCE.read_text(), INCLUDED.read_text(), " ".join(FLAGS), version, _processor()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.machine())


def _compile(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, suffix=".so")
    os.close(handle)
    command = [compiler(), *FLAGS, str(SOURCE), "-o", scratch]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
        if done.returncode:
            raise NativeUnavailable(f"{' '.join(command)}: {done.stderr.strip()[:500]}")
        Path(scratch).replace(path)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NativeUnavailable(f"{' '.join(command)}: {error}") from error
    finally:
        Path(scratch).unlink(missing_ok=True)
