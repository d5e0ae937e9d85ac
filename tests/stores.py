"""A server of S3 on loopback, for the tests that read and write objects."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

# A process of its own, which logs to stderr and ends with its standard input.
_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""
_numbers = itertools.count()


class S3Server:
    """A running server, and the keys of its administrator.

    Attributes
    ----------
    port : int
        On loopback.
    key, secret : str
        The access key, which may do everything.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.key, self.secret = "testing", "s3cret/testing"
        self.client = self._client("s3")

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def options(self) -> dict[str, str]:
        """The options that reach it."""
        return {
            "endpoint": self.endpoint,
            "access_key_id": self.key,
            "secret_access_key": self.secret,
        }

    @property
    def words(self) -> list[str]:
        """The same, as they are typed."""
        return [
            word for one in self.options.items() for word in ("--storage-option", "=".join(one))
        ]

    @property
    def variables(self) -> dict[str, str]:
        """The variables of AWS that reach it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_REGION": "us-east-1",
        }

    def bucket(self, **objects: bytes) -> str:
        """A new bucket, and in it the objects."""
        name = f"bucket-{next(_numbers)}"
        self.client.create_bucket(Bucket=name)
        for key, content in objects.items():
            self.put(name, key, content)
        return name

    def put(self, bucket: str, key: str, content: bytes, **settings: str) -> str:
        """Make an object, and return its URI."""
        self.client.put_object(Bucket=bucket, Key=key, Body=content, **settings)
        return f"s3://{bucket}/{key}"

    def get(self, bucket: str, key: str) -> bytes:
        """The content of an object."""
        content: bytes = self.client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def keys(self, bucket: str) -> list[str]:
        """The objects of a bucket."""
        return [
            one["Key"] for one in self.client.list_objects_v2(Bucket=bucket).get("Contents", ())
        ]

    def uploads(self, bucket: str) -> list[str]:
        """The objects whose upload in parts is neither complete nor aborted."""
        found = self.client.list_multipart_uploads(Bucket=bucket)
        return [one["Key"] for one in found.get("Uploads", ())]

    @contextlib.contextmanager
    def checking(self) -> Iterator[S3Server]:
        """A server that checks keys and signatures, which it does not otherwise."""
        iam = self._client("iam")
        name = f"user-{next(_numbers)}"
        iam.create_user(UserName=name)
        allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=policy)
        made = iam.create_access_key(UserName=name)["AccessKey"]
        checked = S3Server(self.port)
        checked.key, checked.secret = made["AccessKeyId"], made["SecretAccessKey"]
        checked.client = checked._client("s3")
        self._check_after(0)
        try:
            yield checked
        finally:
            self._check_after(float("inf"))

    def _check_after(self, requests: float) -> None:
        """Let the server check keys after so many requests."""
        address, plain = f"{self.endpoint}/moto-api/reset-auth", {"Content-Type": "text/plain"}
        request = urllib.request.Request(address, str(requests).encode(), plain)
        with urllib.request.urlopen(request):
            pass

    def _client(self, service: str) -> Any:
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            region_name="us-east-1",
        )


@contextlib.contextmanager
def running_server() -> Iterator[S3Server]:
    """A server that ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield S3Server(int(process.stdout.readline()))
        process.stdin.close()
        process.wait(10)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A server that is started for the first test that needs it, and ends with the tests."""
    with running_server() as server:
        yield server
