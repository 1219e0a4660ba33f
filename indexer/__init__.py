"""Follows the protocol's contracts and serves their state; see docs/architecture.md."""
