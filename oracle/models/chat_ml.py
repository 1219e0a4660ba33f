"""The chat template of SmolLM2, which is the one that decoders may have."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from protocol.program import Template, Turn

CHAT_ML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}"
    "{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
DEFAULT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


def chat_template(token: Mapping[str, int], encode: Callable[[str], list[int]]) -> Template:
    """It in the ids that `encode` gives to text. Raises `KeyError` where a control token is missing."""
    start, end = token["<|im_start|>"], token["<|im_end|>"]
    after = (end, *encode("\n"))
    return Template(
        system=Turn(before=(start, *encode("system\n")), after=after),
        default_system=tuple(encode(DEFAULT_SYSTEM)),
        user=Turn(before=(start, *encode("user\n")), after=after),
        assistant=(start, *encode("assistant\n")),
    )
