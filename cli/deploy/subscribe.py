"""Have a topic of alerts call a URL that is a secret, such as PagerDuty's: `python -m cli subscribe prod`.

The URL is typed on a terminal, which does not show it, or comes by stdin. It goes to AWS alone, with the credentials of
whoever runs this, and is in no data, state, argument, variable or log.
"""

from __future__ import annotations

import getpass
import re
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from botocore.exceptions import ClientError

from cli import command as commands
from cli.failure import Failure, run_command
from cli.terraform import environment as environments
from cli.text import one_line
from modules.alerts.inputs import Topic
from stacks.config import loader

if TYPE_CHECKING:
    from stacks.config.schema import Environment

# SNS calls no other port than the URL has, and takes a name and a password before the host.
# https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
_URL = re.compile(r"https://[\x21-\x7e]{1,2048}")

# PagerDuty, Opsgenie and the like confirm within seconds.
PATIENCE_SECONDS, POLL_SECONDS = 20.0, 2.0


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Subscribe a URL. Returns 0 when it is subscribed, confirmed or not, and 1 when not."""
    return run_command("subscribe", lambda: _run(_parse(argv, directory), directory))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("subscribe", description="Have a topic of alerts call a URL that is a secret.")
    commands.add_environment(parser, directory, required=True)
    topics = get_args(Topic)
    parser.add_argument("--topic", choices=topics, default=topics[0], help=f"one of {', '.join(topics)}; {topics[0]}")
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path) -> int:
    environment, topic = commands.environment(arguments, directory), arguments.topic
    file = f"stacks/config/{environment.name}.py"
    if environment.alerts is None:
        remedy = f"add alerts=AlertsInputs(…), and run `make deploy ENV={environment.name}`"
        raise Failure(f"{file}: alerts: is None, so that there is no topic: {remedy}")
    sns = environments.session_of(environment).client("sns")
    name = f"{environment.prefix}-{topic}"
    subscription = _subscribe(sns, environment, topic, _read(f"The URL that {name} calls (not shown): "))
    if _is_confirmed(sns, subscription):
        print(f"{name} calls it from now on: {subscription} is confirmed")
    else:
        print(f"{name} calls it once it has confirmed {subscription}: open the SubscribeURL of the message that it got")
        print(
            f"Where it got none, run `make subscribe ENV={environment.name} TOPIC={topic}` again, which sends another"
        )
    if not environment.alerts.recipients(topic).endpoints:
        print(f"Give its name in {file}, alerts.{topic}.endpoints, so that the data says who is told")
    return 0


def _read(question: str) -> str:
    """A URL from the terminal, without echo, or from stdin where that is none."""
    url = (getpass.getpass(question) if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not _URL.fullmatch(url):
        what = "is not a URL of HTTPS" if url else "is missing"
        raise Failure(f"subscribe: the URL {what}: type it, or give it on stdin, as https://…")
    return url


def _subscribe(sns: Any, environment: Environment, topic: Topic, url: str) -> str:
    """The ARN of the subscription: that of before, where there is one of this URL already."""
    try:
        answer = sns.subscribe(
            TopicArn=environment.topic_arns[topic], Protocol="https", Endpoint=url, ReturnSubscriptionArn=True
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NotFound", "NotFoundException"):
            remedy = f"run `make deploy ENV={environment.name}`"
            raise Failure(f"subscribe: {environment.prefix}-{topic} is not deployed: {remedy}") from None
        # AWS may repeat the URL.
        said = one_line(str(error).replace(url, "(the URL)"))
        raise Failure(f"subscribe: AWS: {said}: correct it, and try again") from None
    return str(answer["SubscriptionArn"])


def _is_confirmed(sns: Any, subscription: str) -> bool:
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
        if found["PendingConfirmation"] == "false" or time.monotonic() >= ends:
            return bool(found["PendingConfirmation"] == "false")
        time.sleep(POLL_SECONDS)
