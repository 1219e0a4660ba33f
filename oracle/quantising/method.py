"""How weights are rounded: each making up for the errors before it, or each to the nearest."""

from typing import Literal

Method = Literal["feedback", "nearest"]
METHODS: tuple[Method, ...] = ("feedback", "nearest")
