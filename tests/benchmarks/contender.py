"""One contender of a benchmark in a process of its own: `python -m tests.benchmarks.contender MODULE CLASS ARGUMENT …`.

Makes one of the class, then calls its methods as lines of standard input ask, `["prefill", 128]`, and writes
what each returns beside the most memory that the process has held, as one line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from importlib import import_module


def main() -> None:
    module, name, *arguments = sys.argv[1:]
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever libraries print
    made = getattr(import_module(module), name)(*arguments)
    print("ready", file=told, flush=True)
    for line in sys.stdin:
        method, *given = json.loads(line)
        found = getattr(made, method)(*given)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        print(json.dumps([found, peak]), file=told, flush=True)


if __name__ == "__main__":
    main()
