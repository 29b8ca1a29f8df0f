"""How commands end: every error is one line on stderr, and an exit code that says which kind it was."""

from __future__ import annotations

import io
import os
import re
import sys
import traceback
from collections.abc import Callable

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectionError,  # noqa: A004  (it is not Python's)
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from cli import rehearsal
from cli.redaction import Redactor, secrets_of_environment
from cli.rehearsal import is_rehearsal
from cli.text import one_line
from modules.credentials import hide
from stacks.failure import FAILED, INTERRUPTED, Failure, end_in_order, of_the_machine

__all__ = ["FAILED", "INTERRUPTED", "READER_GONE", "Failure", "no_credentials", "remedy", "run_command", "tell"]

READER_GONE = 141  # as a shell has it for SIGPIPE

_NOT_SIGNED_IN = (
    ConfigParseError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
_NOT_REACHED = (ConnectionError, HTTPClientError)


def run_command(name: str, command: Callable[[], int]) -> int:
    """The exit code of a command; each problem that it raises is one line, without a traceback."""
    end_in_order()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A pipeline's log would have the plan after the deployment otherwise.
        sys.stdout.reconfigure(line_buffering=True)
    try:
        if is_rehearsal():
            runs = "containers are processes of this machine" if rehearsal.url() else "no container runs"
            tell(f"{name}: rehearsal on the local AWS: no account is touched, and {runs}")
        return command()
    except Failure as error:
        for problem in hide(str(error)).splitlines():
            tell(problem)
        return error.code
    except (BotoCoreError, ClientError) as error:
        return _fail(f"AWS: {error}: {remedy(error)}", FAILED)
    except KeyboardInterrupt:
        return _fail(f"{name}: interrupted: run it again to go on", INTERRUPTED)
    except BrokenPipeError:  # as by `| head`; nothing more can be said there, also not by Python at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except Exception as error:  # noqa: BLE001  (no traceback, which could show values)
        return _fail(_unforeseen(name, error), FAILED)


def _unforeseen(name: str, error: Exception) -> str:
    if isinstance(error, OSError) and _is_of_credentials(error):
        return no_credentials(error)
    if lack := of_the_machine(error):
        return f"{name}: {lack}"
    return f"{name}: {type(error).__name__}: {error}: this is a bug: please report it"


def _is_of_credentials(error: OSError) -> bool:
    """Whether boto3 was looking for credentials, as by a credential_process that does not exist."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(frame.f_globals.get("__name__") == "botocore.credentials" for frame in frames)


def no_credentials(error: BotoCoreError | ClientError | OSError) -> str:
    """What is wrong and what to do, where a session or its credentials cannot be had."""
    what_to_do = "correct credential_process in AWS's config file" if isinstance(error, OSError) else remedy(error)
    return f"AWS: no credentials that work ({one_line(str(error), 120)}): {what_to_do}"


def remedy(error: BotoCoreError | ClientError) -> str:
    """What to do about an error of AWS."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if isinstance(error, _NOT_SIGNED_IN) or re.search(r"Expired|InvalidClientToken|UnrecognizedClient", code):
        return "sign in, or set AWS_PROFILE to a profile that works"
    if isinstance(error, _NOT_REACHED):
        return "look at the network, and try again"
    if re.search(r"Denied|Unauthorized|Forbidden", code):
        return "give the credentials that permission"
    return "try again"


def tell(text: str, limit: int | None = 500) -> None:
    """Print an error as one line, without the secrets that what Terraform and AWS say may quote. None: all of it."""
    print(one_line(Redactor(secrets_of_environment(os.environ)).text(text), limit), file=sys.stderr)


def _fail(text: str, code: int) -> int:
    tell(text)
    return code
