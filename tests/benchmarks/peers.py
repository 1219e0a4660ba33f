"""Makes the environment in which `make bench-inference` runs transformers and llama.cpp.

What cannot be had is left out of the comparison, and said so.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

from stack.setup import CACHE, SetupError, run, say

VENV = CACHE / "benchmark-peers"
PYTHON = VENV / "bin" / "python"
TRANSFORMERS = ("torch==2.13.0", "transformers==5.24.0", "accelerate==1.15.0", "gguf==0.19.0", "safetensors==0.8.0")
LLAMA_CPP = "llama-cpp-python==0.3.36"
INSTRUCTIONS = {
    "avx2": "AVX2",
    "fma": "FMA",
    "f16c": "F16C",
    "avx512f": "AVX512",
    "avx512_vnni": "AVX512_VNNI",
}
"""By their names in /proc/cpuinfo. AMX is not among them: where the kernel does not grant it, what uses it crashes."""


def make() -> None:
    """Does nothing where it is made already."""
    stamp, wanted = VENV / "made", hashlib.sha256("\0".join([*TRANSFORMERS, LLAMA_CPP, _flags()]).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    say("transformers …")
    run([str(PYTHON), "-m", "pip", "install", *TRANSFORMERS])
    say("llama.cpp, which takes minutes to compile …")
    os.environ["CMAKE_ARGS"] = _flags()
    try:
        run([str(PYTHON), "-m", "pip", "install", LLAMA_CPP])
    except SetupError as error:
        say(f"without llama.cpp: {error}")
    stamp.write_text(wanted)


def has(module: str) -> bool:
    return subprocess.run([str(PYTHON), "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def _flags() -> str:
    found = re.search(r"^flags\s*:(.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    granted = set(found[1].split()) if found else set()
    return " ".join(["-DGGML_NATIVE=OFF", *(f"-DGGML_{to}=ON" for flag, to in INSTRUCTIONS.items() if flag in granted)])
