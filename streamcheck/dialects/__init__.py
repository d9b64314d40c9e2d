"""Events in, deltas out: the contract of a dialect, and the registry that recognises one.

In:   (event name, JSON value) of each event, in order.
Out:  calls on an Assembly: what this event says.
Rule: a dialect is one file in this folder, or an entry point in the group `streamcheck.dialects`. It knows the grammar of one wire
      format: what a field means, what must come in which order, and which deviations of real servers are legal and must not
      alarm. Rules that dialects share live in assembly.py. A value of the wrong type says nothing: no JSON may make a dialect raise.
"""

__all__ = ("UNKNOWN", "Dialect", "dialect_classes", "dialect_named", "recognise")

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, Protocol

from streamcheck.assembly import Assembly
from streamcheck.errors import UsageError, near_names

UNKNOWN = "unknown"


class Dialect(Protocol):
    """One wire format. An object reads one body; it may keep state between events."""

    name: ClassVar[str]

    @staticmethod
    def sniff(event: str, value: Any) -> int:
        """Return how sure this event is of this dialect: 0 not at all, 50 by shape, 100 by a word that no other dialect has."""
        ...

    def feed(self, event: str, value: Any, out: Assembly) -> None:
        """Tell `out` what one event says. event: the framing's event name ("message" when it has none)."""
        ...

    def text_event(self, text: str, out: Assembly) -> bool:
        """Take an event whose payload is not meant to be JSON, such as "[DONE]"; return False when it is none of this dialect's."""
        ...

    def close(self, out: Assembly) -> None:
        """The body has ended: tell what is missing."""
        ...


@cache
def dialect_classes() -> tuple[type[Dialect], ...]:
    """Return every dialect: those of this folder by file name, then those of other packages."""
    found: list[type[Dialect]] = []
    for module in sorted(m.name for m in iter_modules(__path__)):
        found += [c for c in vars(import_module(f"{__name__}.{module}")).values() if _is_dialect(c, f"{__name__}.{module}")]
    from importlib.metadata import entry_points

    found += [point.load() for point in entry_points(group="streamcheck.dialects")]
    return tuple(found)


def _is_dialect(value: object, module: str) -> bool:
    return isinstance(value, type) and value.__module__ == module and hasattr(value, "sniff") and hasattr(value, "name")


def dialect_named(name: str) -> type[Dialect]:
    """Return the dialect of that name. Raises UsageError for one that does not exist."""
    for found in dialect_classes():
        if found.name == name:
            return found
    raise UsageError(f"unknown dialect {name!r}{near_names(name, ['auto', *(d.name for d in dialect_classes())])}")


def recognise(event: str, value: Any) -> type[Dialect] | None:
    """Return the dialect that is surest of this event, None when none is sure at all."""
    best, score = None, 0
    for found in dialect_classes():
        sure = found.sniff(event, value)
        if sure > score:
            best, score = found, sure
    return best
