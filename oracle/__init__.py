"""The operator: serves jobs, and verifies what others served."""
