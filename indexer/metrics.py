"""What the indexer tells Prometheus. Each application has a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from indexer.progress import Progress

LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class FollowerMetrics:
    """Written by the follower's thread."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._events = Counter("indexer_events", "Events applied, by type", ["event"], registry=registry)
        self._rpc_errors = Counter(
            "indexer_rpc_errors", "Failed questions to the node, by kind", ["kind"], registry=registry
        )
        self._failures = Counter("indexer_failures", "Steps that failed, by error", ["error"], registry=registry)
        self._reorgs = Counter("indexer_reorgs", "Reorganisations that were survived", registry=registry)
        self._depth = Gauge(
            "indexer_reorg_depth_blocks", "Blocks that the last reorganisation took back", registry=registry
        )
        self._block = Gauge("indexer_block", "Last block applied", registry=registry)
        self._lag = Gauge(
            "indexer_lag_blocks", "Blocks between the node's head and the last applied", registry=registry
        )
        self._lag_seconds = Gauge(
            "indexer_lag_seconds",
            "Seconds of chain time between the node's head and the last applied",
            registry=registry,
        )

    def event(self, name: str) -> None:
        self._events.labels(name).inc()

    def rpc_error(self, kind: str) -> None:
        self._rpc_errors.labels(kind).inc()

    def failed(self, error: str) -> None:
        self._failures.labels(error).inc()

    def reorganised(self, depth: int) -> None:
        self._reorgs.inc()
        self._depth.set(depth)

    def progressed(self, now: Progress) -> None:
        self._block.set(now.applied_number)
        self._lag.set(max(0, now.head_number - now.applied_number))
        self._lag_seconds.set(max(0, now.head_timestamp - now.applied_timestamp))


class RestMetrics:
    """Written by the requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._latency = Histogram(
            "indexer_request_seconds", "Time to answer", ["route", "status"], buckets=LATENCIES, registry=registry
        )

    def answered(self, route: str, status: int, seconds: float) -> None:
        self._latency.labels(route, str(status)).observe(seconds)
