"""Settings of the indexer: environment variables with the prefix `COMMONHOLD_INDEXER_`, beside those of
`protocol/settings.py`; refused at start if they make no sense."""

from __future__ import annotations

import os
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from protocol.settings import Settings

PREFIX = "COMMONHOLD_INDEXER_"


class IndexerSettings(BaseSettings):
    """Where to keep what is read, how to read it, and how to serve it; `chain`: what all programs share."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    chain: Settings = Field(default_factory=Settings)
    database_url: str = Field("", description="SQLAlchemy URL; empty: indexer.sqlite in the home folder")
    host: str = Field("127.0.0.1", description="interface that REST listens on")
    port: int = Field(8548, ge=0, le=65_535, description="port that REST listens on")
    cors_origins: Annotated[list[str], NoDecode] = Field(
        [], description="origins that browsers may call from, by comma"
    )
    page_limit: int = Field(200, ge=1, le=10_000, description="most items a page")

    finality: Literal["finalized"] | Annotated[int, Field(ge=0)] = Field(
        "finalized", description="`finalized`: what the node says; a number: so many blocks behind the head"
    )
    history_blocks: int = Field(100_000, ge=0, description="final blocks that `?block=` can still ask for")
    max_range: int = Field(10_000, ge=1, description="most blocks asked for at once")
    live_batch: int = Field(50, ge=1, le=1_000, description="most blocks taken at once near the head")
    poll_seconds: float = Field(0.25, gt=0, description="pause before asking for a new head")
    retry_seconds: float = Field(10.0, gt=0, description="longest pause after failures")
    ready_seconds: float = Field(30.0, gt=0, description="not ready after so many seconds without success")
    ready_lag: int = Field(10, ge=0, description="not ready while so many blocks behind the head")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _by_comma(cls, given: Any) -> Any:
        return [item.strip() for item in given.split(",") if item.strip()] if isinstance(given, str) else given

    @field_validator("finality", mode="before")
    @classmethod
    def _word_or_number(cls, given: Any) -> Any:
        return int(given) if isinstance(given, str) and given.isdigit() else given

    @property
    def database(self) -> str:
        """URL of the database."""
        return self.database_url or f"sqlite:///{(self.chain.home / 'indexer.sqlite').absolute()}"


def unknown_variables() -> list[str]:
    """Variables that look like settings of the indexer and are none: most likely misspelt."""
    known = {f"{PREFIX}{field.upper()}" for field in IndexerSettings.model_fields}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
