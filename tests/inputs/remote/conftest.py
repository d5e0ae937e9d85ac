"""A store whose requests are counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.inputs.remote.counting import CountedStore, counting
from tests.stores import S3Server


@pytest.fixture
def store(s3_server: S3Server) -> Iterator[CountedStore]:
    """A bucket behind a proxy that counts."""
    with counting(s3_server.port) as proxy:
        yield CountedStore(s3_server, proxy, s3_server.bucket())
