"""Fixtures that tests of every package may use."""

from tests.chain import anvil, shared_world, world

__all__ = ["anvil", "shared_world", "world"]
