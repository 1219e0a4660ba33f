"""What Prometheus scrapes. Counters count since the process started."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000)


class Metrics:
    """One set for one node, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.rounds = self._counter("rounds", "rounds of the loop")
        self.failures = self._counter("round_failures", "rounds that failed", "error")
        self.sent = self._counter("transactions", "transactions sent", "verb")
        self.events = self._counter("events", "events of this operator's jobs, as seen on the chain", "event")
        self.declined = self._counter("declined", "open jobs left alone, once for each reason", "reason")
        self.results = self._counter("results", "results computed", "outcome")
        self.tokens = self._counter("tokens", "tokens generated")
        self.inference = Histogram(
            "commonhold_oracle_inference_seconds", "time of an inference", buckets=SECONDS, registry=self.registry
        )
        self.earned = self._counter("earned", "operator's parts of settled jobs, in units of the asset")
        self.fined = self._counter("fined", "fines paid for deadlines missed, in units of the asset")
        self.block = self._gauge("block", "newest block that was read")
        self.free = self._gauge("free", "free balance in the escrow, in units of the asset")
        self.jobs = self._gauge("jobs", "jobs by state, open ones and this operator's", "state")
        self.accepting = self._gauge("accepting", "1 while new jobs are accepted")
        self.models = self._gauge("models", "models by state", "state")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"commonhold_oracle_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"commonhold_oracle_{name}", text, labels, registry=self.registry)
