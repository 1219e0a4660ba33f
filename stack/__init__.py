"""The local stack: set-up, a chain with everything deployed on it, an operator, an indexer, and the demo."""
