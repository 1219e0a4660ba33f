"""Models: their files, their identity, and how they come into the store."""

from oracle.models.gguf_file import GgufUnsupported
from oracle.models.importing import ORIGINAL, QUANTISATIONS, QuantisationUnknown, import_gguf, put_model
from oracle.models.model import Model, ModelIdentity, ModelInconsistent, load_model
from oracle.models.tokenizer import TextInvalid, Tokenizer, TokenizerInvalid
from oracle.models.weights import WeightsInvalid, read_weights

__all__ = [
    "ORIGINAL",
    "QUANTISATIONS",
    "GgufUnsupported",
    "Model",
    "ModelIdentity",
    "ModelInconsistent",
    "QuantisationUnknown",
    "TextInvalid",
    "Tokenizer",
    "TokenizerInvalid",
    "WeightsInvalid",
    "import_gguf",
    "load_model",
    "put_model",
    "read_weights",
]
