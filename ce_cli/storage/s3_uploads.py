"""Uploads to S3 that are whole or not there: by one request, or by parts that are aborted.

Arrow's own stream completes the upload of what it has when it is dropped, and after some errors
(apache/arrow has no way to abort it), so that part of a file would appear under its name.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import os
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import IO, Any
from urllib.parse import quote
from xml.etree import ElementTree

from ce_cli.process.signals import undone_unless_complete
from ce_cli.record import Record
from ce_cli.storage import aws_files, time_limit
from ce_cli.storage.addresses import Address
from ce_cli.storage.s3 import s3_arguments

_LARGEST = 5 << 30  # bytes of one request
_PART = 256 << 20  # bytes of a part; there may be 10,000
_PARTS = 9_000
_BLOCK = 1 << 20
_ATTEMPTS = 3
_AGAIN = (500, 502, 503, 504)
_UNSIGNED = "-_.~/"


class Login(Record):
    """An access key."""

    access_key: str
    secret_key: str
    session_token: str = ""

    def __repr__(self) -> str:
        return "Login()"


class Bucket(Record):
    """Where requests go, and how they are signed.

    Attributes
    ----------
    scheme, host : str
        Of the server.
    start : str
        The path of the bucket there; empty if it is part of the host.
    region : str
        For the signature.
    login : Login or None
        None for requests that are not signed.
    ca_file : str or None
        The certificates to trust, if not the usual ones.
    """

    scheme: str
    host: str
    start: str
    region: str
    login: Login | None
    ca_file: str | None = None


def upload(bucket: Bucket, key: str, file: IO[bytes]) -> None:
    """Make an object of a file, at once: before that, the old object is there, or none.

    Raises
    ------
    OSError
        It cannot be made.
    """
    size = file.seek(0, os.SEEK_END)
    if size <= _LARGEST:
        _sent(bucket, "PUT", key, {}, Slice(file, 0, size))
    else:
        _in_parts(bucket, key, file, size)


def _in_parts(bucket: Bucket, key: str, file: IO[bytes], size: int) -> None:
    answer = _sent(bucket, "POST", key, {"uploads": ""})
    number = _text_of(answer, "UploadId")

    def abort() -> None:
        _sent(bucket, "DELETE", key, {"uploadId": number})

    length = max(_PART, -(-size // _PARTS))
    with undone_unless_complete(abort):
        tags = []
        for part, start in enumerate(range(0, size, length), 1):
            piece = Slice(file, start, min(length, size - start))
            names = {"partNumber": str(part), "uploadId": number}
            tags.append(_sent(bucket, "PUT", key, names, piece, "ETag"))
        parts = "".join(
            f"<Part><PartNumber>{part}</PartNumber><ETag>{tag}</ETag></Part>"
            for part, tag in enumerate(tags, 1)
        )
        text = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        done = _sent(bucket, "POST", key, {"uploadId": number}, text)
        if b"<Error>" in done.encode():  # which may come with the status of a success
            raise OSError(_reason(done) or "the upload could not be completed")


class Slice:
    """Some bytes of a file, to be sent and sent again."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._start, self.size = file, start, size

    def blocks(self) -> Iterator[bytes]:
        """The bytes, a block at a time."""
        self._file.seek(self._start)
        left = self.size
        while left and (block := self._file.read(min(left, _BLOCK))):
            left -= len(block)
            yield block


def _sent(
    bucket: Bucket,
    method: str,
    key: str,
    query: Mapping[str, str],
    body: Slice | bytes = b"",
    header: str = "",
) -> str:
    """The text of an answer, or one of its headers; a server that is busy is asked again."""
    for attempt in range(_ATTEMPTS):
        try:
            status, answer, text = _asked(bucket, method, key, query, body)
        except TimeoutError:
            raise TimeoutError from None  # which has been waited for long enough
        except (OSError, http.client.HTTPException) as error:
            if attempt == _ATTEMPTS - 1 or isinstance(error, ssl.SSLCertVerificationError):
                raise OSError(getattr(error, "strerror", None) or str(error)) from error
        else:
            if status < 300:
                return str(answer.get(header, "")) if header else text
            if status not in _AGAIN or attempt == _ATTEMPTS - 1:
                raise OSError(_reason(text) or f"the server answers {status}")
        time.sleep(0.3 * 2**attempt)
    raise AssertionError("the last attempt returns or raises")


def _asked(
    bucket: Bucket, method: str, key: str, query: Mapping[str, str], body: Slice | bytes
) -> tuple[int, http.client.HTTPMessage, str]:
    digest, size = hashlib.sha256(), 0
    for block in body.blocks() if isinstance(body, Slice) else [body]:
        digest.update(block)
        size += len(block)
    path = quote(f"{bucket.start}/{key}", safe=_UNSIGNED)
    words = "&".join(f"{name}={quote(one, safe='-_.~')}" for name, one in sorted(query.items()))
    headers = signed(bucket, method, path, words, digest.hexdigest(), datetime.now(UTC))
    connection: http.client.HTTPConnection
    if bucket.scheme == "https":
        trusted = ssl.create_default_context(cafile=bucket.ca_file)
        connection = http.client.HTTPSConnection(
            bucket.host, timeout=time_limit.SECONDS, context=trusted
        )
    else:
        connection = http.client.HTTPConnection(bucket.host, timeout=time_limit.SECONDS)
    with closing(connection):
        content: Any = body.blocks() if isinstance(body, Slice) else body
        headers["Content-Length"] = str(size)
        connection.request(method, f"{path}?{words}" if words else path, content, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read(_BLOCK).decode(errors="replace")


def signed(
    bucket: Bucket, method: str, path: str, query: str, digest: str, now: datetime
) -> dict[str, str]:
    """The headers of a request, with its signature.

    AWS Signature Version 4, as its documentation describes it: "Create a signed AWS API request".
    """
    moment, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {"host": bucket.host, "x-amz-content-sha256": digest, "x-amz-date": moment}
    login = bucket.login
    if login is None:
        return headers
    if login.session_token:
        headers["x-amz-security-token"] = login.session_token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join((method, path, query, lines, names, digest))
    scope = f"{day}/{bucket.region}/s3/aws4_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", moment, scope, hashed))
    key = f"AWS4{login.secret_key}".encode()
    for word in (*scope.split("/"), text):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={login.access_key}/{scope}, SignedHeaders={names}, "
        f"Signature={key.hex()}"
    )
    return headers


def bucket_of(address: Address, typed: Mapping[str, str], region: str) -> Bucket | None:
    """The bucket of a URI; None if its credentials are known to Arrow's client only."""
    found = s3_arguments(address, typed, os.environ)
    login = None
    if not found.get("anonymous"):
        login = _login(found, {**typed, **address.options}.get("profile"))
        if login is None:
            return None
    name, ca_file = address.bucket, found.get("tls_ca_file_path")
    if endpoint := found.get("endpoint_override"):
        host, slash, path = endpoint.partition("/")
        scheme, region = found.get("scheme", "https"), found.get("region", region)
        if found.get("force_virtual_addressing"):
            return Bucket(scheme, f"{name}.{host}", slash + path, region, login, ca_file)
        return Bucket(scheme, host, f"{slash}{path}/{name}", region, login, ca_file)
    domain = f"s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
    if "." in name:  # for which the certificate of the server does not hold
        return Bucket("https", domain, f"/{name}", region, login, ca_file)
    return Bucket("https", f"{name}.{domain}", "", region, login, ca_file)


def _login(found: Mapping[str, Any], profile: str | None) -> Login | None:
    """The access key that Arrow's client would use, as far as it can be found here."""
    if "access_key" in found:
        return Login(found["access_key"], found["secret_key"], found.get("session_token", ""))
    if "role_arn" in found:
        return None
    access_key, secret_key, session_token = (
        os.environ.get(f"AWS_{one}", "")
        for one in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")
    )
    if access_key and secret_key and profile is None:
        return Login(access_key, secret_key, session_token)
    keys = aws_files.found_credentials(aws_files.profile(profile, os.environ))
    return None if keys is None else Login(**keys)


def _reason(text: str) -> str:
    """What an answer of S3 says: the code, which is known, and its sentence."""
    code, said = (_text_of(text, name) for name in ("Code", "Message"))
    return f"{code}: {said}" if code and said else code or said


def _text_of(text: str, name: str) -> str:
    """The text of an element of an answer."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return ""
    found = next((one for one in root.iter() if re.sub(r"^\{.*\}", "", one.tag) == name), None)
    return (found.text or "").strip() if found is not None else ""
