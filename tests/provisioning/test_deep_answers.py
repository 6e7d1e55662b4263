"""An app's list that nests deeper than Python reads is in doubt, like any other that cannot be read."""

import pytest

from provisioning import AppAnswer, VersionAppError
from provisioning.instances import count_unfinished, list_instances

DEEP = b'[{"instanceId": "a", "runtimeStatus": "Running", "output": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]"


async def answer_deeply(method, path, *, query, headers, body):
    return AppAnswer(200, {}, DEEP)


async def test_what_nests_too_deeply_is_no_page_for_the_archive():
    with pytest.raises(VersionAppError) as doubted:
        await list_instances(answer_deeply)
    assert doubted.value.code == "unexpected_answer"


async def test_what_nests_too_deeply_is_not_counted_as_nothing():
    count = await count_unfinished(answer_deeply)
    assert count.unfinished is None
    assert "too deeply" in count.reason
