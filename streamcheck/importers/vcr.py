"""Cassettes of vcrpy (YAML or JSON), as tests keep them.

In:   interactions with request and response; bodies as text, binary or base64.
Out:  one response an interaction, its body as one chunk.
Rule: recording a cassette reads the whole body before anybody sees it: borders and times are gone. vcrpy keeps a body as text only when
      it is UTF-8, so that its bytes are known. YAML needs PyYAML, which is loaded when a cassette is read.
"""

__all__ = ("Vcr",)

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from importlib import import_module
from typing import Any, ClassVar
from urllib.parse import urlsplit

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import Chunk, End, Request, Response
from streamcheck.capture.lines import value_of
from streamcheck.errors import CaptureError, UsageError
from streamcheck.importers._http1 import without_undone_codings
from streamcheck.importers._imported import Imported
from streamcheck.importers._json import first, number, object_at, objects, text_at
from streamcheck.importers._source import Source

_YAML = re.compile(rb"^(?:---[ \t]*\r?\n)?(?:#[^\n]*\n)*interactions:", re.MULTILINE)
_JSON = re.compile(rb'\s*\{(?:\s*"version"\s*:\s*\d+\s*,)?\s*"interactions"\s*:')


class Vcr:
    """See the module."""

    name: ClassVar[str] = "vcr"
    meaning: ClassVar[str] = "a cassette of vcrpy"

    def recognises(self, path: str, head: bytes) -> bool:
        return _JSON.match(head) is not None or (not head.lstrip().startswith(b"{") and _YAML.search(head) is not None)

    def import_from(self, source: Source) -> Iterator[Imported]:
        data = source.data()
        cassette = _json_of(data, source.path) if data.lstrip().startswith(b"{") else _yaml_of(data, source.path)
        version = first(number(cassette, "version"), 1)
        if not isinstance(cassette, dict) or not isinstance(cassette.get("interactions"), list) or version != 1:
            raise UsageError(f"{source.path}: no cassette of a vcrpy that is known (version 1, with interactions)")
        for index, interaction in enumerate(objects(cassette, "interactions")):
            yield _imported(index, interaction)


def _json_of(data: bytes, path: str) -> Any:
    try:
        return value_of(data)
    except ValueError as error:
        raise CaptureError(f"{path}: is not whole JSON: {str(error)[:80]}") from None


def _yaml_of(data: bytes, path: str) -> Any:
    try:
        yaml: Any = import_module("yaml")
    except ImportError:
        raise UsageError(f"{path}: reading a YAML cassette needs PyYAML: install streamcheck[vcr]") from None
    try:
        return yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise CaptureError(f"{path}: is no sound YAML: {' '.join(str(error).split())[:120]}") from None


def _imported(index: int, interaction: dict[str, Any]) -> Imported:
    request, answer = object_at(interaction, "request"), object_at(interaction, "response")
    remarks: list[str] = []
    body = _body_of(first(answer.get("body"), answer.get("content")), remarks)
    status = number(first(number(answer, "status", "code"), number(answer, "status_code"), number(answer, "status")))
    response = Response(int(status) if status and 100 <= status < 1000 else None, _headers(answer), at=None)
    response, told = without_undone_codings(response, body)
    url = text_at(request, "uri") or text_at(request, "url")
    return Imported(
        f"interaction {index}",
        Vcr.name,
        Fidelity("deframed", "none"),
        host=_host_of(url),
        request=Request(text_at(request, "method") or "GET", url, _headers(request), _body_of(request.get("body"), []) or None),
        response=response,
        chunks=(Chunk(None, body),) if body else (),
        end=End("eof"),
        remarks=tuple(remarks + ([told] if told else [])),
    )


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _headers(message: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for name, values in object_at(message, "headers").items():
        for value in values if isinstance(values, list) else [values]:
            spelled = value.decode("latin-1") if isinstance(value, bytes) else value
            if isinstance(name, str) and isinstance(spelled, str):
                pairs.append((name, spelled))
    return tuple(pairs)


def _body_of(body: Any, remarks: list[str]) -> bytes:
    if isinstance(body, dict):
        if isinstance(body.get("base64_string"), str):
            return _base64(body["base64_string"], remarks)
        if text_at(body, "encoding").lower() == "base64" and isinstance(body.get("string"), str):
            return _base64(body["string"], remarks)
        body = body.get("string")
    if isinstance(body, bytes):
        return body
    return body.encode("utf-8", "replace") if isinstance(body, str) else b""


def _base64(text: str, remarks: list[str]) -> bytes:
    try:
        return b64decode(text)
    except (binascii.Error, ValueError):
        remarks.append("the body is no whole base64: left out")
        return b""
