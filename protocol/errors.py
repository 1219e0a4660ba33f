"""What every error of this package is."""


class CommonholdError(Exception):
    """Base of these errors. Each message says what was wrong and what to do."""
