"""Integer programs that set-up made once: `python -m oracle.models.prepared SOURCE FOLDER METHOD …`.

A folder holds a store and, for each method, the identity of the model in it. Making one takes minutes; taking it over,
a second.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from oracle.models.importing import quantise
from oracle.models.model import ModelIdentity
from oracle.quantising.method import METHODS, Method
from oracle.store import FolderSource, Store
from protocol.cid import Cid
from protocol.errors import CommonholdError
from protocol.manifest import decode_manifest

DIGESTS = ("manifest", "program", "weights", "tokenizer")


class NotPrepared(CommonholdError):
    """The model that is asked for was not made yet; the message says how it is."""


def prepare(path: Path, folder: Path, method: Method) -> None:
    """Makes the model of a file or folder. Raises as `quantise`."""
    identity = quantise(
        path, Store(folder / "store"), method=method, progress=lambda done: print(f"{method}: {done}", flush=True)
    )
    _note(folder, method).write_text(json.dumps(shown(identity), indent=2) + "\n")


def take_over(folder: Path, method: Method, store: Store) -> ModelIdentity:
    """Brings a prepared model into a store. Raises `NotPrepared`, and the store's errors."""
    note = _note(folder, method)
    if not note.exists():
        raise NotPrepared(f"there is no {note}: run `make setup`, or quantise a file with `python -m oracle quantize`")
    fields = json.loads(note.read_text())
    digests = {name: bytes.fromhex(fields[name][2:]) for name in DIGESTS}
    identity = ModelIdentity(**digests, arithmetic=fields["arithmetic"])
    source = Store(store.root, [FolderSource(folder / "store")])
    manifest = decode_manifest(source.read(Cid(identity.manifest)))
    for cid in (manifest.program, manifest.weights, manifest.tokenizer):
        source.get(Cid.parse(cid))
    return identity


def shown(identity: ModelIdentity) -> dict[str, str | int]:
    """For people: digests in hexadecimal."""
    return {name: f"0x{value.hex()}" if isinstance(value, bytes) else value for name, value in asdict(identity).items()}


def _note(folder: Path, method: Method) -> Path:
    return folder / f"{method}.json"


def main() -> None:
    path, folder, *wanted = sys.argv[1:]
    for method in METHODS:
        if method in wanted:
            prepare(Path(path), Path(folder), method)


if __name__ == "__main__":
    main()
