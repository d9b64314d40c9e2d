"""The head of an HTTP response, as far as reading its body needs it.

In:   status, header pairs and URL, from a live response or a capture.
Out:  ResponseHead; its properties read the few headers that decide how the body is to be read.
Rule: RFC 9110 5.3 (names are case-insensitive, repeated list headers count as one list) and 8.3, 8.4, 8.6.
"""

__all__ = ("ResponseHead",)

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """Status, headers and URL of one response; any of them may be unknown. Order and duplicates of headers are kept."""

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    url: str | None = None

    def header(self, name: str) -> str | None:
        """Return the first value of the header `name`, any case, without outer blanks; None when it is not there."""
        name = name.lower()
        for own, value in self.headers:
            if own.lower() == name:
                return value.strip()
        return None

    @property
    def media_type(self) -> str | None:
        """The content type in lower case without parameters; None when there is none."""
        value = self.header("content-type")
        return value.partition(";")[0].strip().lower() or None if value else None

    @property
    def charset(self) -> str | None:
        """The charset parameter of the content type in lower case; None when there is none."""
        for parameter in (self.header("content-type") or "").split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip('"').lower() or None
        return None

    @property
    def content_encodings(self) -> list[str]:
        """The content codings in the order they were applied, lower case, `identity` left out."""
        return [name for name in self._list_of("content-encoding") if name != "identity"]

    @property
    def content_length(self) -> int | None:
        """The announced body length in bytes; None when absent, malformed or contradicting itself."""
        values = set(self._list_of("content-length"))
        if len(values) != 1:
            return None
        (value,) = values
        # int() also takes "+5", "1_0" and other scripts' digits, and refuses more than 4,300 of them.
        return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None

    def _list_of(self, name: str) -> list[str]:
        values = ",".join(value for own, value in self.headers if own.lower() == name)
        return [part for part in (piece.strip().lower() for piece in values.split(",")) if part]
