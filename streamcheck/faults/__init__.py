"""Faults on purpose: a clean capture in, a broken one and the exact truth about it out.

In:   a capture, the name of a fault class (or of two, joined by "+"), a seed.
Out:  Injected: the faulty capture and one Truth a fault.
Rule: one file a class, one function in it; the registry finds it. The same capture, name, seed and parameters give the same bytes. A
      fault that makes no sense for a capture raises UsageError that says why. Two faults are applied in the order in which a response
      passes their layers, and what is said of the first is said of its place in the end.
"""

__all__ = ("FAULTS", "fault_named", "faults", "inject")

import inspect
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from streamcheck.capture.format import Capture
from streamcheck.errors import UsageError, near_names

if TYPE_CHECKING:
    from streamcheck.faults.body import Body
    from streamcheck.faults.truth import Fault, Injected, Made, Truth

    FAULTS: Mapping[str, Fault]

_MAX_FAULTS = 2


@cache
def faults() -> "Mapping[str, Fault]":
    """Return every fault class by its name."""
    found = {}
    for module in sorted(m.name for m in iter_modules(__path__)):
        fault = getattr(import_module(f"{__name__}.{module}"), "FAULT", None)
        if fault is not None:
            found[fault.name] = fault
    return MappingProxyType(found)


def __getattr__(name: str) -> object:
    if name == "FAULTS":
        return faults()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def fault_named(name: str) -> "tuple[Fault, str]":
    """Return the fault class and the variant that "class" or "class/variant" names. Raises UsageError with near names."""
    known = faults()
    cls, _, variant = name.partition("/")
    if cls not in known:
        names = [*known, *(f"{f.name}/{v}" for f in known.values() for v in f.variants if v)]
        raise UsageError(f"unknown fault {name!r}{near_names(name, names)}")
    fault = known[cls]
    if not variant:
        variant = next(iter(fault.variants))
    elif variant not in fault.variants:
        raise UsageError(f"{cls} has no variant {variant!r}{near_names(variant, fault.variants)}")
    return fault, variant


def inject(capture: Capture, fault: str, *, seed: int = 0, at: int | None = None, **params: Any) -> "Injected":
    """Return the capture with a fault in it.

    fault:  "class", "class/variant", or two of them joined by "+".
    at:     where, counted in what the class says (`Fault.at`); None lets the seed, or the class, decide. Of two faults it is the first
            named one's.
    params: of the fault's function, for instance other=Capture for a second response; of two faults each takes those that it knows.
    Raises UsageError for a name, a place or a parameter that does not exist, and for a capture that the fault makes no sense for.
    """
    from streamcheck.faults.body import Body
    from streamcheck.faults.truth import LAYERS, Injected

    names = [name.strip() for name in fault.split("+")]
    if len(names) > _MAX_FAULTS:
        raise UsageError(f"at most {_MAX_FAULTS} faults can be joined, got {len(names)}")
    chosen = [fault_named(name) for name in names]
    places = [at if i == 0 else None for i in range(len(chosen))]
    order = sorted(range(len(chosen)), key=lambda i: LAYERS.index(chosen[i][0].layer))
    if len(chosen) > 1 and any(chosen[i][0].variants[chosen[i][1]] != "W" for i in order[:-1]):
        raise UsageError(f"{chosen[order[0]][0].name} gives text only: nothing can follow it")
    _hold_params(chosen, params)
    truths: list[Truth] = []
    made: Made | None = None
    now = capture
    for i in order:
        body = Body.of(now, clean=not truths)
        cls, variant = chosen[i]
        own = {name: value for name, value in params.items() if name in _params_of(cls)}
        made = cls.make(body, Random(f"{seed}/{cls.name}"), variant, places[i], **own)
        truths = [_moved(truth, body, made) for truth in truths]
        truths.append(_truth(cls, variant, seed, made))
        now = made.capture
    assert made is not None
    return Injected(made.capture, tuple(truths), made.before, made.text)


def _truth(fault: "Fault", variant: str, seed: int, made: "Made") -> "Truth":
    from streamcheck.faults.truth import Truth

    level = fault.variants[variant]
    layer = "client" if level == "D" else fault.layer  # a decoder's fault is its reader's, whoever else may make the same
    return Truth(fault.name, variant, layer, level, seed, **made.place)


def _params_of(fault: "Fault") -> list[str]:
    return [name for name, p in inspect.signature(fault.make).parameters.items() if p.kind is p.KEYWORD_ONLY]


def _hold_params(chosen: "list[tuple[Fault, str]]", params: Mapping[str, Any]) -> None:
    known = [name for fault, _ in chosen for name in _params_of(fault)]
    for name in params:
        if name not in known:
            names = " and ".join(fault.name for fault, _ in chosen)
            raise UsageError(
                f"{names} has no parameter {name!r}" + (near_names(name, known) if known else "; it has none at all")
            )


def _moved(truth: "Truth", body: "Body", made: "Made") -> "Truth":
    """Return what is said of an earlier fault, in offsets of what the later one made of it. body: before the later one."""
    from streamcheck.faults.placing import event_at

    details = {**truth.details, "under": True}
    if made.where is None or made.text is not None or truth.first_bad_byte is None:
        lost = made.where is None or made.text is not None
        byte = None if lost else truth.first_bad_byte
        return replace(
            truth, first_bad_byte=byte, first_bad_event=None if lost else truth.first_bad_event, span=None, details=details
        )
    where = made.where
    char = truth.first_bad_char
    later = made.place.get("first_bad_char")
    if (
        char is not None
        and later is not None
        and (truth.choice, truth.channel) == (made.place.get("choice"), made.place.get("channel"))
    ):
        char = char if char < later else None  # the later fault moved what stands behind it
    byte = where.at(truth.first_bad_byte)
    span = None if truth.span is None else (where.at(truth.span[0]), where.border(truth.span[1]))
    event = event_at(made.capture, byte) if truth.first_bad_event is not None else None
    return replace(truth, first_bad_byte=byte, first_bad_event=event, first_bad_char=char, span=span, details=details)
