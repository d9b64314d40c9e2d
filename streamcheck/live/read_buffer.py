"""Between the task that reads and the one that consumes.

In:   what each chunk brought, in stream order.
Out:  the same, one chunk's at a time.
Rule: holds `size` chunks at most: who puts one more waits. Nothing is lost when the taker is cancelled while it waits, which a
      memory object stream does not promise.
"""

__all__ = ("Buffer",)

from collections import deque

import anyio

from streamcheck.live.reading import Output


class Buffer:
    """One task puts, another takes."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._outputs: deque[Output] = deque()
        self._ended = False
        self._changed = anyio.Event()

    @property
    def full(self) -> bool:
        return len(self._outputs) >= self._size

    async def room(self) -> None:
        """Wait until it is not full."""
        while self.full:
            await self._change()

    def put(self, output: Output) -> None:
        self._outputs.append(output)
        self._changed.set()

    def end(self, output: Output) -> None:
        """Put the last one, which needs no room."""
        self._ended = True
        self.put(output)

    async def take(self) -> Output | None:
        """Return the next one; None after the last."""
        while not self._outputs:
            if self._ended:
                return None
            await self._change()
        output = self._outputs.popleft()
        self._changed.set()
        return output

    async def _change(self) -> None:
        if self._changed.is_set():
            self._changed = anyio.Event()
        await self._changed.wait()
