"""The local AWS itself: moto as an HTTP proxy on loopback, with its gaps closed and its failures in our hands."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import boto3
import botocore.session
from botocore.config import Config
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

from cli.local_aws import gaps, signature
from cli.local_aws.calls import Calls
from cli.local_aws.chat_integration import ChatIntegration
from cli.local_aws.faults import Faults
from cli.rehearsal import ENDPOINT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REGION = "us-east-1"

# Terraform and its provider take a proxy, an endpoint and credentials from here, so what they run stays as it is.
# Buckets are names of hosts, so S3 has the names that it has on AWS; the other name is never resolved.
_ENDPOINTS = {
    "AWS_ENDPOINT_URL": ENDPOINT,
    "AWS_ENDPOINT_URL_S3": f"http://s3.{REGION}.amazonaws.com",
    "AWS_ENDPOINT_URL_S3_CONTROL": f"http://s3-control.{REGION}.amazonaws.com",
}

# What of a user's own would lead past the proxy, or to another account.
_NOT_PASSED_ON = re.compile(r"AWS_.*|(HTTPS?|NO|ALL)_PROXY", re.IGNORECASE)


class LocalAws:
    """An AWS for this process and for programs that it starts; it is empty, and forgets everything at the end.

    It knows every account: the access key is the account's id. There is one in a process, because moto keeps what it
    holds in modules.
    """

    def __init__(self) -> None:
        self.ecs = gaps.ecs.containers
        self.faults = Faults()
        self.services: set[str] = set()
        """The services that Terraform and its providers have called, as they are named in signatures."""
        self.calls = Calls()
        self._chat = ChatIntegration()

    def __enter__(self) -> Self:
        """Start it, on a free port."""
        self._forget()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # which writes a line for each request
        moto = _of_the_account(DomainDispatcherApplication(create_backend_app))
        application = self._noted(self.faults.inject_into(self._chat.beside(moto)))
        self._server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_RequestHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="local-aws", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it, and forget what it holds."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._forget()

    @property
    def url(self) -> str:
        """Where it listens, as a proxy and as an endpoint alike."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def environment(self, account_id: str, base: Mapping[str, str]) -> dict[str, str]:
        """The environment variables `base`, changed so that programs for AWS speak to this one, in an account."""
        return {
            **{name: value for name, value in base.items() if not _NOT_PASSED_ON.fullmatch(name)},
            **_ENDPOINTS,
            "HTTP_PROXY": self.url,
            "AWS_ACCESS_KEY_ID": account_id,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def client(self, service: str, account_id: str) -> Any:
        """A client of boto3, with one attempt for each call."""
        return _session().client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=account_id,
            aws_secret_access_key="local",  # noqa: S106
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    def _noted(self, application: WSGIApplication) -> WSGIApplication:
        def noting(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
            if "Terraform" in environ.get("HTTP_USER_AGENT", ""):
                self.services.add(signature.service(environ))
                self.calls.note(environ)
            return application(environ, start_response)

        return noting

    def _forget(self) -> None:
        # As moto's own reset ends, which before makes all that it drops anew, for seconds.
        for backends in BackendDict._instances:  # type: ignore[misc]
            backends.clear()
        BackendDict._instances.clear()  # type: ignore[misc]
        s3_backends.bucket_accounts.clear()
        reset_model_data()
        self.ecs.reset()
        self._chat.forget()


@cache
def _session() -> boto3.Session:
    """One that reads nothing that a user has configured, and the description of each service once."""
    own = {"profile": (None, None, None, None)} | dict.fromkeys(
        ("config_file", "credentials_file"), (None, None, os.devnull, None)
    )
    return boto3.Session(botocore_session=botocore.session.Session(own))


class _RequestHandler(MotoRequestHandler):
    """Takes a request whole and sends its answer in one piece, for which the answer needs a length.

    Of answers in several, Terraform loses one in some thousand under load and asks again. What it asked for is done by
    then, so it hears that a rule of a security group, say, exists already.
    """

    wbufsize = 1 << 20

    def make_environ(self) -> WSGIEnvironment:
        """With the body read: werkzeug waits for the rest of it before the last bytes of the answer are sent."""
        self.wfile.flush()  # 100 Continue, where the caller asks for it
        environ = super().make_environ()
        length = -1 if environ.get("wsgi.input_terminated") else int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        return environ


def _of_the_account(application: WSGIApplication) -> WSGIApplication:
    """Tell moto the account, which is the access key of the signature."""

    def in_account(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        access_key = signature.access_key(environ)
        if re.fullmatch(r"\d{12}", access_key):
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = access_key
        return application(environ, start_response)

    return in_account
