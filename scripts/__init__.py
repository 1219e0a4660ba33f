"""One script for each verb, for `ape run <verb>`; files whose name begins with `_` are what they share."""
