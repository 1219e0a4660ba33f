"""Models: their files, their identity, and how they come into the store."""

from oracle.models.importing import MethodUnknown, put_model, quantise
from oracle.models.model import Model, ModelIdentity, ModelInconsistent, load_model
from oracle.models.published import SourceUnsupported
from oracle.models.tokenizer import TextInvalid, Tokenizer, TokenizerInvalid
from oracle.models.weights import WeightsInvalid, read_weights

__all__ = [
    "MethodUnknown",
    "Model",
    "ModelIdentity",
    "ModelInconsistent",
    "SourceUnsupported",
    "TextInvalid",
    "Tokenizer",
    "TokenizerInvalid",
    "WeightsInvalid",
    "load_model",
    "put_model",
    "quantise",
    "read_weights",
]
