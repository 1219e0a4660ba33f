"""What `check` proves before a run: one line each, all of them even when the first fails."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from oracle.errors import OracleError
from oracle.evidence import slot_sheets
from oracle.inference.devices import best_device
from oracle.journal import Identity, Journal
from oracle.serving import load
from oracle.settings import OracleSettings
from protocol.cast import LOCAL_CHAINS
from protocol.chain import Chain
from protocol.clients.contracts import Contracts
from protocol.deployment import Deployment, check
from protocol.deployment import load as load_deployment
from protocol.errors import CommonholdError
from protocol.keys import load_account
from protocol.solidity import Address
from protocol.types import ModelId, Sheet

GAS_OF_A_JOB = 600_000
"""Accepting, posting and settling one job with room to spare."""

MOST_CLOCK_SKEW = 60
"""Seconds between this machine's clock and a fresh block of a public chain that are no reason for doubt."""


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    is_well: bool
    detail: str


class Unwell(OracleError):
    """A check that failed, with what to do."""


class Checks:
    """Lazily: what several checks need is looked up once, and fails once for each that needs it."""

    def __init__(self, settings: OracleSettings) -> None:
        self.settings = settings

    def run(self) -> Iterator[Line]:
        checks: dict[str, Callable[[], str]] = {
            "chain": self._chain,
            "contracts": self._contracts,
            "key": self._key,
            "gas": self._gas,
            "bond": self._bond,
            "models": self._models,
            "device": self._device,
            "disk": self._disk,
            "journal": self._journal,
            "clock": self._clock,
        }
        for name, check_one in checks.items():
            try:
                yield Line(name, True, check_one())
            except (CommonholdError, OracleError, OSError) as error:
                yield Line(name, False, f"{error}")

    def close(self) -> None:
        """Gives back the connection to the chain, if one was made."""
        if "chain" in self.__dict__:
            self.chain.close()

    @cached_property
    def chain(self) -> Chain:
        return Chain.of(self.settings.chain)

    @cached_property
    def deployment(self) -> Deployment:
        return load_deployment(self.settings.chain.home, self.chain.id)

    @cached_property
    def contracts(self) -> Contracts:
        return Contracts.of(self.chain, self.deployment)

    @cached_property
    def operator(self) -> Address:
        return Address(load_account(self.settings.chain).address)

    @cached_property
    def sheets(self) -> list[Sheet]:
        return slot_sheets(self.chain, self.deployment, self.settings.max_range)

    def _chain(self) -> str:
        head = self.chain.block()
        return f"id {self.chain.id}, block {head.number}, by {', '.join(self.chain.urls)}"

    def _contracts(self) -> str:
        check(self.chain, self.deployment)
        return f"{len(self.deployment.contracts)} with code, escrow {self.contracts.escrow.address}"

    def _key(self) -> str:
        return f"signs as {self.operator}"

    def _gas(self) -> str:
        coin, price = self.chain.balance(self.operator), self.chain.block().base_fee
        if coin < GAS_OF_A_JOB * price or coin == 0:
            raise Unwell(f"{self.operator} has {coin} wei, less than the gas of one job: fund it")
        return f"{coin / 10**18:.6f} of the chain's coin"

    def _bond(self) -> str:
        free = self.contracts.escrow.account_of(self.operator).free
        least = min((sheet.terms.min_bond for sheet in self.sheets), default=0)
        if free < least:
            raise Unwell(f"{free} units are free in the escrow, the least bond is {least}: deposit more")
        return f"{free} units free in the escrow, the least bond is {least}"

    def _models(self) -> str:
        wanted = sorted(self.settings.model_ids or {sheet.model for sheet in self.sheets})
        if not wanted:
            raise Unwell("no slot has a model, and COMMONHOLD_ORACLE_MODELS names none: there is nothing to serve")
        return "; ".join(self._model(model) for model in wanted)

    def _model(self, model: ModelId) -> str:
        self._device()
        facts = self.contracts.models.model_of(model)
        loaded = load(self.settings.open_store(), facts, self.settings.torch_device)
        name = loaded.engine.model.manifest.name
        writes = "none" if loaded.engine.model.program.embeds else f"{loaded.output_rate:.0f}"
        return f"{name}: verified, {loaded.prompt_rate:.0f} tokens/s read, {writes} written"

    def _device(self) -> str:
        device = self.settings.torch_device or best_device()
        if device.type == "cuda":
            count = torch.cuda.device_count()
            if count <= (device.index or 0):
                raise Unwell(f"there is no {device}: torch sees {count} CUDA devices")
            return f"{device}, {torch.cuda.get_device_name(device)}"
        return f"{device}, {torch.get_num_threads()} threads"

    def _disk(self) -> str:
        home = _existing(self.settings.chain.home)
        free = shutil.disk_usage(home).free
        if free < self.settings.min_free_bytes:
            raise Unwell(f"{free} bytes are free at {home}, {self.settings.min_free_bytes} wanted: free some")
        return f"{free >> 20} MiB free at {home}"

    def _journal(self) -> str:
        """Not while the operator runs: it has one writer."""
        path = self.settings.journal(self.chain.id, self.operator)
        identity = Identity(self.chain.id, self.contracts.escrow.address, self.operator)
        journal = Journal(path, identity)
        try:
            journal.probe()
        finally:
            journal.close()
        return f"{path} can be written"

    def _clock(self) -> str:
        skew = round(time.time() - self.chain.block().timestamp)
        if skew < -MOST_CLOCK_SKEW and self.chain.id not in LOCAL_CHAINS:
            raise Unwell(f"this machine's clock is {-skew} s behind the chain's newest block: set it")
        return f"{skew} s after the newest block"


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
