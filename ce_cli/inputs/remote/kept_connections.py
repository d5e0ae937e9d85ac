"""Connections to web servers that stay open for the next request."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

_STALE = (http.client.BadStatusLine, ConnectionError)  # the server has closed it meanwhile


class _Pool:
    """Connections that wait for a request, by where they lead."""

    def __init__(self) -> None:
        self._waiting: dict[object, list[http.client.HTTPConnection]] = defaultdict(list)
        self._lock = Lock()

    def take(self, place: object) -> http.client.HTTPConnection | None:
        with self._lock:
            return self._waiting[place].pop() if self._waiting[place] else None

    def give(self, place: object, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._waiting[place].append(connection)


_pool = _Pool()


@contextmanager
def released(response: Any) -> Iterator[None]:
    """Close a response in the end; if its body has been read whole, its connection is kept."""
    is_kept = False
    try:
        yield
        is_kept = response.isclosed() and not response.will_close
    finally:
        if is_kept:
            _pool.give(response.place, response.connection)
        else:
            response.close()
            response.connection.close()


class KeptHTTP(urllib.request.HTTPHandler):
    """HTTP over connections that are kept."""

    def do_open(self, http_class: Any, req: Any, **arguments: Any) -> http.client.HTTPResponse:
        """The answer to a request."""
        return _answered(http_class, req, arguments)


class KeptHTTPS(urllib.request.HTTPSHandler):
    """HTTPS over connections that are kept."""

    def do_open(self, http_class: Any, req: Any, **arguments: Any) -> http.client.HTTPResponse:
        """The answer to a request."""
        return _answered(http_class, req, arguments)


def _answered(http_class: Any, request: Any, arguments: dict[str, Any]) -> http.client.HTTPResponse:
    """The answer to a request, over a connection that waits for one or a new one.

    Raises
    ------
    urllib.error.URLError
        There is no connection.
    """
    place = http_class, request.host, request._tunnel_host
    headers = {**request.headers, **request.unredirected_hdrs}
    headers = {name.title(): value for name, value in headers.items()}
    through = {"Proxy-Authorization": headers.pop("Proxy-Authorization", None)}
    while True:
        waiting = _pool.take(place)
        connection = waiting or http_class(request.host, timeout=request.timeout, **arguments)
        if request._tunnel_host and waiting is None:
            known = {name: value for name, value in through.items() if value is not None}
            connection.set_tunnel(request._tunnel_host, headers=known)
        try:
            connection.request(request.get_method(), request.selector, headers=headers)
            response: Any = connection.getresponse()
        except _STALE as error:
            connection.close()
            if waiting is None:
                raise urllib.error.URLError(error) from error
            continue
        except OSError as error:
            connection.close()
            raise urllib.error.URLError(error) from error
        break
    response.url = request.get_full_url()
    response.msg = response.reason  # as urllib has it, whose handlers of errors show it
    response.place, response.connection = place, connection
    return response  # type: ignore[no-any-return]
