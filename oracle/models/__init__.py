"""Models: their files, their identity, and how they come into the store."""

from oracle.models.gguf_file import GgufUnsupported
from oracle.models.importing import MethodUnknown, put_model, quantise_gguf
from oracle.models.model import Model, ModelIdentity, ModelInconsistent, load_model
from oracle.models.tokenizer import TextInvalid, Tokenizer, TokenizerInvalid
from oracle.models.weights import WeightsInvalid, read_weights

__all__ = [
    "GgufUnsupported",
    "MethodUnknown",
    "Model",
    "ModelIdentity",
    "ModelInconsistent",
    "TextInvalid",
    "Tokenizer",
    "TokenizerInvalid",
    "WeightsInvalid",
    "load_model",
    "put_model",
    "quantise_gguf",
    "read_weights",
]
