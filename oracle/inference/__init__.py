"""Inference: the network, the choice of tokens, and the engine that runs them."""

from oracle.inference.engine import Engine, Generation, PromptInvalid, StopReason, best_device, use_threads

__all__ = ["Engine", "Generation", "PromptInvalid", "StopReason", "best_device", "use_threads"]
