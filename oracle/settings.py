"""Settings of the operator: environment variables with the prefix `COMMONHOLD_ORACLE_`, beside those of
`protocol/settings.py`; refused at start if they make no sense."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from oracle.logging import LEVELS
from oracle.store import FolderSource, HttpSource, Source, Store
from protocol.settings import Settings
from protocol.types import ZERO_ADDRESS, Address, ModelId, to_address

MODEL_ID = re.compile(r"0x[0-9a-f]{64}")
DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")


class OracleSettings(BaseSettings):
    """What to serve, at what price, and how carefully; `chain`: what all programs share."""

    model_config = SettingsConfigDict(env_prefix="COMMONHOLD_ORACLE_", extra="ignore", frozen=True)

    chain: Settings = Field(default_factory=Settings)
    host: str = Field("127.0.0.1", min_length=1, description="interface that health and metrics listen on")
    port: int = Field(8547, ge=0, le=65_535, description="port that health and metrics listen on; 0: any free one")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description=f"least level that is logged: {', '.join(LEVELS)}"
    )

    models: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="ids of the models to serve, by comma; empty: whatever the votes put into slots"
    )
    price: int = Field(1, ge=0, description="least price for a job, in units of the asset")
    capacity: int = Field(8, ge=1, le=1_000, description="most jobs held at once")
    batch: int = Field(8, ge=1, le=256, description="most jobs of a model computed together")
    dispute_modules: Annotated[tuple[Address, ...], NoDecode] = Field(
        (),
        description="dispute modules trusted with the bond besides the deployment's, by comma; others' jobs are left",
    )
    slack: float = Field(2.0, ge=1, le=100, description="how many times the measured duration must fit")
    margin_seconds: int = Field(10, ge=0, le=3_600, description="seconds kept free before a deadline")

    store: Path | None = Field(None, description="folder of models; empty: `store` in the home folder")
    sources: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="where to fetch models, by comma: folders, or URLs of IPFS gateways (`plain+https://…`: of files)",
    )
    device: str = Field("auto", description="`cpu`, `cuda`, `cuda:1`; `auto`: CUDA where there is one")
    threads: int = Field(0, ge=0, le=1_024, description="threads of inference on the CPU; 0: all cores but one")
    sample: float = Field(
        1.0, gt=0, le=1, description="part of others' results that a watcher computes again, which nobody else foresees"
    )
    attempts: int = Field(3, ge=1, le=100, description="times that a failing inference is tried")

    poll_seconds: float = Field(0.5, gt=0, le=60, description="pause between rounds")
    retry_seconds: float = Field(15.0, gt=0, le=600, description="longest pause after failures")
    lag_seconds: float = Field(60.0, gt=0, description="how long a node may stay behind before its word is taken")
    stale_seconds: float = Field(120.0, gt=0, description="health is red after so long without a good round")
    max_range: int = Field(2_000, ge=1, le=1_000_000, description="most blocks whose logs are asked for at once")
    min_free_bytes: int = Field(64 << 20, ge=0, description="free disk below which nothing is accepted")

    @field_validator("models", "sources", "dispute_modules", mode="before")
    @classmethod
    def _by_comma(cls, given: Any) -> Any:
        return tuple(item.strip() for item in given.split(",") if item.strip()) if isinstance(given, str) else given

    @field_validator("models")
    @classmethod
    def _are_ids(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        for model in models:
            if not MODEL_ID.fullmatch(model):
                raise ValueError(f"{model!r} is no model id: 0x and 64 lower-case hexadecimal digits")
        return models

    @field_validator("dispute_modules")
    @classmethod
    def _are_addresses(cls, modules: tuple[str, ...]) -> tuple[Address, ...]:
        return tuple(to_address(module) for module in modules)

    @field_validator("sources")
    @classmethod
    def _are_sources(cls, sources: tuple[str, ...]) -> tuple[str, ...]:
        for text in sources:
            source_of(text)
        return sources

    @field_validator("device")
    @classmethod
    def _is_device(cls, device: str) -> str:
        if not DEVICE.fullmatch(device):
            raise ValueError(f"{device!r} is no device: auto, cpu, cuda or cuda:<number>")
        return device

    @property
    def model_ids(self) -> frozenset[ModelId]:
        """Models named by the operator; none: those of the slots."""
        return frozenset(ModelId(bytes.fromhex(model[2:])) for model in self.models)

    @property
    def trusted_modules(self) -> frozenset[Address]:
        """Those named besides the deployment's own, and none at all: the zero address."""
        return frozenset((ZERO_ADDRESS, *self.dispute_modules))

    @property
    def store_folder(self) -> Path:
        return self.store or self.chain.home / "store"

    def journal(self, chain_id: int, account: Address, role: str = "oracle") -> Path:
        """Where the journal of an operator, or of a watcher, of a chain lies."""
        return self.chain.home / role / f"{chain_id}-{account}.sqlite"

    def open_store(self) -> Store:
        return Store(self.store_folder, [source_of(text) for text in self.sources])

    @property
    def torch_device(self) -> torch.device | None:
        """None: the best there is."""
        return None if self.device == "auto" else torch.device(self.device)


def source_of(text: str) -> Source:
    """A folder, an IPFS gateway, or with `plain+` a server of files named by their address."""
    if text.startswith("plain+"):
        return HttpSource(text.removeprefix("plain+"), layout="plain")
    return HttpSource(text) if "://" in text else FolderSource(Path(text))


def environment_name(field: str) -> str:
    """The variable that sets a field."""
    return f"COMMONHOLD_ORACLE_{field.upper()}"


def unknown_variables() -> list[str]:
    """Variables that look like settings of the operator and are none: most likely misspelt."""
    known = {environment_name(field) for field in OracleSettings.model_fields}
    return sorted(name for name in os.environ if name.startswith("COMMONHOLD_ORACLE_") and name not in known)
