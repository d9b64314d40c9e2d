"""Clean captures to break: some of every dialect, and those with legal oddities."""

from functools import cache
from pathlib import Path

from streamcheck.capture.format import Capture
from streamcheck.capture.reader import CaptureReader
from streamcheck.faults import faults
from streamcheck.findings import Finding
from streamcheck.verdicts import Report

FOLDER = Path(__file__).parents[2] / "captures" / "clean"
NAMES = (
    *("ag-ui", "anthropic-emoji", "anthropic-tool", "anthropic-glossary", "bedrock-converse", "bedrock-invoke", "chat-azure"),
    *("chat-crlf", "chat-deepseek", "chat-gzip", "chat-odd-reads", "chat-openai-tools", "chat-openrouter", "chat-perplexity"),
    *("chat-several-data-lines", "chat-surrogates-in-two-deltas", "chat-unknown-field", "chat-zai-zh", "chat-zai-recipe"),
    *("cohere-text", "gemini-crlf", "gemini-six-languages", "gemini-array", "mistral-parts", "ollama-tool", "opencode-bus"),
    *("responses-reasoning", "responses-tools", "ui-messages", "ui-messages-v4"),
)
VARIANTS = [f"{fault.name}/{variant}".rstrip("/") for fault in faults().values() for variant in fault.variants]


def level_of(name: str) -> str:
    cls, _, variant = name.partition("/")
    return faults()[cls].variants[variant]


@cache
def clean(name: str) -> Capture:
    return CaptureReader(FOLDER / f"{name}.capture.jsonl").read()


def sample() -> list[Capture]:
    return [clean(name) for name in NAMES]


def found(report: Report, codes: tuple[str, ...]) -> list[Finding]:
    return [finding for finding in report.findings if finding.code in codes]
