"""Lets callers with equal keys in one at a time; others pass beside them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class OneAtATime:
    """Locks by key, kept only while somebody holds or awaits them. Belongs to one event loop."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def alone(self, key: str) -> AsyncIterator[None]:
        """Wait until nobody else is in with this key."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            yield
