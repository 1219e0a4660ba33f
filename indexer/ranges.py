"""How many blocks to ask for at once: learnt from what the node bears, and widened again."""

from __future__ import annotations

from indexer.node import NodeError, Refused

TARGET_LOGS = 5_000
PATIENCE_LIMIT = 64
TOO_MUCH = frozenset({"rpc", "timeout", "http", "malformed"})  # kinds of failure that a smaller range may cure


class Range:
    """`size`: blocks to ask for next, 1 to `limit`.

    A size that failed is tried again after `patience` successes, twice as many each time that it fails anew, so that
    a lasting limit costs little and a passing one is forgotten.
    """

    def __init__(self, limit: int) -> None:
        self.size = limit
        self._limit = limit
        self._failed_size: int | None = None
        self._patience = 1
        self._waiting = 0

    def failed(self, error: NodeError, asked: int) -> bool:
        """Narrows after a failure to get `asked` blocks. False where a narrower range is no cure."""
        if error.kind not in TOO_MUCH or asked == 1:
            return False
        is_anew = self._failed_size is not None and asked >= self._failed_size
        self._patience = min(self._patience * 2, PATIENCE_LIMIT) if is_anew else self._patience
        self._failed_size = asked
        self._waiting = self._patience
        self.size = max(1, min(self._suggested(error) or asked // 2, asked - 1))
        return True

    def succeeded(self, logs: int, asked: int) -> None:
        """Widens when the answer was small and no failure forbids it yet; narrows when it was large."""
        if self._failed_size is not None and asked >= self._failed_size:
            self._failed_size, self._patience = None, 1
        if logs > TARGET_LOGS:
            self.size = max(1, asked // 2)
        elif logs < TARGET_LOGS // 2:
            self._widen()

    def _widen(self) -> None:
        wider = min(self.size * 2, self._limit)
        if self._failed_size is not None and wider >= self._failed_size and self._waiting:
            self._waiting -= 1
            return
        self.size = wider

    @staticmethod
    def _suggested(error: NodeError) -> int | None:
        suggestion = error.suggestion() if isinstance(error, Refused) else None
        if suggestion is None:
            return None
        first, last = suggestion
        return last - first + 1 if last >= first else None
