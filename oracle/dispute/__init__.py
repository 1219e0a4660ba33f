"""Finding and proving a wrong answer: the parts of a computation, and what a contract is shown of them."""
