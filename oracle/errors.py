"""What can go wrong in the operator's own house; what the chain says lies in `protocol.errors`."""


class OracleError(Exception):
    """Base of these errors. Each message says what was wrong and what to do."""


class JournalFailed(OracleError):
    """The journal could not be written: nothing more is accepted or posted until it can."""


class JournalOfAnother(OracleError):
    """The journal belongs to another chain, escrow or operator."""


class NodeLags(OracleError):
    """The node is behind what it, or another, said before."""


class NodeInconsistent(OracleError):
    """Answers of the node that do not belong to one chain."""
