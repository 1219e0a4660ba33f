"""One client for each contract: reads pinned to a block, verbs as calls that a `Sender` sends."""
