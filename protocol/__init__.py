"""What contracts, oracle, indexer and scripts must agree on. Imports nothing of theirs."""
