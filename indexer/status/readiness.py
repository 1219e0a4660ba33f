"""Whether the answers can be relied on now, and if not, why."""

from __future__ import annotations

from indexer.progress import Progress
from indexer.settings import IndexerSettings


def reason_not_ready(now: Progress | None, settings: IndexerSettings, second: float) -> str | None:
    """None: ready. `second`: the wall clock's, Unix."""
    if now is not None and now.trouble:
        return now.trouble
    if now is None or not now.applied_hash:
        return "nothing is indexed yet"
    if now.is_replaying:
        return f"replaying kept logs: at block {now.applied_number} of {now.kept_number}"
    lag = now.head_number - now.applied_number
    if lag > settings.ready_lag:
        return f"{lag} blocks behind the head: at block {now.applied_number} of {now.head_number}"
    silence = second - now.heartbeat
    if silence > settings.ready_seconds:
        return f"no sign of life from the follower for {silence:.0f} seconds"
    return None
