"""Media in a bucket and mail over TLS, by the production settings against servers on loopback."""

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto.server import ThreadedMotoServer

import production
import servers
import smtp_server

pytestmark = pytest.mark.served

BUCKET = "django-test-media"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=servers.free_port(), verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    client(address).create_bucket(Bucket=BUCKET)
    yield address
    server.stop()


def client(address: str):
    return boto3.client("s3", endpoint_url=address, region_name="us-east-1", **{
        name.lower(): value for name, value in production.AWS_CREDENTIALS.items()
    })  # fmt: skip


def with_bucket(address: str, bucket: str = BUCKET) -> dict[str, str]:
    variables = production.VARIABLES | production.AWS_CREDENTIALS
    return variables | {"MEDIA_BUCKET": bucket, "AWS_ENDPOINT_URL_S3": address}


def python(code: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return production.manage("shell", "-v0", "-c", code, variables=variables)


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, b""


@pytest.mark.once
def test_an_upload_is_private_keeps_those_before_it_and_is_read_by_a_signed_address(s3):
    code = (
        "from django.core.files.base import ContentFile; from django.core.files.storage import default_storage as s\n"
        "for text in ('first', 'second'): print(s.url(s.save('notes/hello.txt', ContentFile(text.encode()))))"
    )
    done = python(code, with_bucket(s3))
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.split()
    assert get(first) == (200, b"first")
    assert get(second) == (200, b"second")
    query = parse_qs(urlsplit(first).query)
    # Version 2 of the signature is refused by every bucket made since 2020, and by SSE-KMS.
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert int(query["X-Amz-Expires"][0]) <= 3600
    listed = client(s3).list_objects_v2(Bucket=BUCKET, Prefix="notes/")["Contents"]
    assert len(listed) == 2
    for entry in listed:
        grants = client(s3).get_object_acl(Bucket=BUCKET, Key=entry["Key"])["Grants"]
        assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"], "nobody but the owner"


PROBE = "from operations import probes; print(probes.{}())"


@pytest.mark.once
def test_the_probe_of_the_storage_writes_and_leaves_nothing_behind(s3):
    before = client(s3).list_objects_v2(Bucket=BUCKET)["KeyCount"]
    assert python(PROBE.format("storage"), with_bucket(s3)).stdout == "None\n"
    assert client(s3).list_objects_v2(Bucket=BUCKET)["KeyCount"] == before
    assert python(PROBE.format("storage"), with_bucket(s3, "not-there")).stdout == "NoSuchBucket\n"


# --- Mail ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("certificates")
    servers.certificates(directory)
    return directory


def by_mail(port: int, authority: Path | None) -> dict[str, str]:
    variables = production.VARIABLES | {
        "EMAIL_HOST": "localhost", "EMAIL_PORT": str(port), "EMAIL_USER": "app", "EMAIL_PASSWORD": "only-for-tests",
        "EMAIL_FROM": "salaries@example.com",
    }  # fmt: skip
    # OpenSSL's own variable, in place of an authority that every system knows.
    return variables | ({"SSL_CERT_FILE": str(authority / "ca.pem")} if authority else {})


def send(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return production.manage("sendtestemail", "somebody@example.com", variables=variables)


@pytest.mark.once
def test_mail_and_its_password_go_through_tls_only(certificates):
    with smtp_server.running(certificates) as mailbox:
        done = send(by_mail(mailbox.port, certificates))
        assert done.returncode == 0, done.stderr
    (message,) = mailbox.messages
    assert "From: salaries@example.com" in message
    assert "To: somebody@example.com" in message
    assert mailbox.passwords == ["only-for-tests"]
    assert {encrypted for verb, encrypted in mailbox.commands if verb not in ("EHLO", "STARTTLS")} == {True}


@pytest.mark.once
@pytest.mark.parametrize(("starttls", "trusted"), [(False, True), (True, False)])
def test_a_mail_server_that_cannot_be_trusted_gets_neither_mail_nor_password(certificates, starttls, trusted):
    with smtp_server.running(certificates, starttls=starttls) as mailbox:
        done = send(by_mail(mailbox.port, certificates if trusted else None))
    assert done.returncode != 0
    assert ("CERTIFICATE_VERIFY_FAILED" if starttls else "STARTTLS extension not supported") in done.stderr
    assert mailbox.messages == mailbox.passwords == []


@pytest.mark.once
def test_the_probe_of_the_mail_server_logs_in_and_sends_nothing(certificates):
    with smtp_server.running(certificates) as mailbox:
        variables = by_mail(mailbox.port, certificates)
        assert python(PROBE.format("mail_server"), variables).stdout == "None\n"
        assert mailbox.passwords == ["only-for-tests"]
        assert mailbox.messages == []
    assert python(PROBE.format("mail_server"), variables).stdout == "ConnectionRefusedError\n"


@pytest.mark.real
def test_check_status_finds_everything_in_order(s3, certificates):
    with smtp_server.running(certificates) as mailbox:
        variables = with_bucket(s3) | by_mail(mailbox.port, certificates) | production.on_this_machine()
        assert production.manage("migrate", "--noinput", variables=variables).returncode == 0
        done = production.manage("check_status", "--json", variables=variables)
    assert done.returncode == 0, done.stderr
    assert {check["status"] for check in json.loads(done.stdout)["checks"].values()} == {"ok"}, done.stdout
