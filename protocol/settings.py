"""Where the chain is and where this machine keeps things: environment variables that begin with `COMMONHOLD_`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Refuses nonsense at start. Programs with more to set derive from it.

    `rpc_url`: JSON-RPC endpoints, comma-separated, in order of preference. `chain_id`: the chain that they must
    be of; none: whatever they are. `home`: deployments, intents, journals. `rpc_timeout` in seconds. The key is
    given as `private_key`, or as `keystore` and `password_file` (`protocol/keys.py`).
    """

    model_config = SettingsConfigDict(env_prefix="COMMONHOLD_", extra="ignore", frozen=True)

    rpc_url: str = "http://127.0.0.1:8545"
    chain_id: int | None = Field(default=None, gt=0)
    home: Path = Path(".commonhold")
    rpc_timeout: float = Field(default=10.0, gt=0, le=600)
    private_key: SecretStr | None = None
    keystore: Path | None = None
    password_file: Path | None = None

    @field_validator("rpc_url")
    @classmethod
    def _are_http(cls, text: str) -> str:
        urls = [url.strip() for url in text.split(",")]
        if not all(url.startswith(("http://", "https://")) for url in urls):
            raise ValueError("must be http:// or https:// URLs, comma-separated")
        return text

    @property
    def rpc_urls(self) -> tuple[str, ...]:
        return tuple(url.strip() for url in self.rpc_url.split(","))
