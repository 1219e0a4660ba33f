"""Exact inference: the operations, what computes them, and the choice of tokens."""
