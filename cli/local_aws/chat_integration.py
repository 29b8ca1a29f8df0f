"""AWS's chat integration, which moto does not have: it keeps which channels are configured, and tells nobody.

https://docs.aws.amazon.com/chatbot/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from cli.local_aws import signature
from cli.local_aws.errors import error

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Json = dict[str, Any]

SERVICE = "chatbot"
# As paths name them, and as ARNs do.
_KINDS = {"slack-channel-configuration": "slack-channel", "ms-teams-channel-configuration": "microsoft-teams-channel"}


class ChatIntegration:
    """The channels of all accounts, by their ARNs."""

    def __init__(self) -> None:
        self._channels: dict[str, Json] = {}
        self._lock = threading.Lock()

    def beside(self, application: WSGIApplication) -> WSGIApplication:
        """An application that answers for this service, and leaves all others to that one."""

        def answering(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
            if signature.service(environ) != SERVICE:
                return application(environ, start_response)
            given: Json = json.loads(environ["wsgi.input"].read() or b"{}")
            try:
                with self._lock:
                    answer = self._answer(environ["PATH_INFO"].strip("/"), given, signature.access_key(environ))
                status, body, headers = "200 OK", json.dumps(answer).encode(), {"Content-Type": "application/json"}
            except KeyError as missing:
                status, text = "404 Not Found", f"there is no {missing.args[0]}"
                body, headers = error(SERVICE, "ResourceNotFoundException", text, is_xml=False)
            except ValueError as refused:
                status = "400 Bad Request"
                body, headers = error(SERVICE, "InvalidRequestException", str(refused), is_xml=False)
            start_response(status, [*headers.items(), ("Content-Length", str(len(body)))])
            return [body]

        return answering

    def forget(self) -> None:
        """All channels."""
        self._channels.clear()

    def _answer(self, path: str, given: Json, account: str) -> Json:
        verb, _, kind = path.partition("-")
        arn = given.get("ChatConfigurationArn") or given.get("ResourceARN", "")
        if verb == "create":
            return {"ChannelConfiguration": self._create(_KINDS[kind], given, account)}
        if verb == "describe":
            found = [channel for name, channel in self._channels.items() if arn in ("", name)]
            return {"SlackChannelConfigurations": found}
        if path == "list-ms-teams-channel-configurations":
            found = [each for each in self._channels.values() if each.get("TeamId") == given["TeamId"]]
            return {"TeamChannelConfigurations": found}
        channel = self._channels[arn]
        if verb == "delete":
            del self._channels[arn]
        elif verb == "update":
            channel |= given
        elif verb in ("tag", "untag"):
            named = {*given.get("TagKeys", ()), *(tag["TagKey"] for tag in given.get("Tags", ()))}
            kept = [tag for tag in channel.get("Tags", ()) if tag["TagKey"] not in named]
            channel["Tags"] = [*kept, *given.get("Tags", ())]
        return {"ChannelConfiguration": channel, "Tags": channel.get("Tags", [])}

    def _create(self, kind: str, given: Json, account: str) -> Json:
        arn = f"arn:aws:chatbot::{account}:chat-configuration/{kind}/{given['ConfigurationName']}"
        names = ("SlackTeamId", "SlackChannelId", "TeamId", "ChannelId")
        place = [given.get(name) for name in names]
        for other, channel in self._channels.items():
            if f"::{account}:" in other and [channel.get(name) for name in names] == place:
                raise ValueError(f"this channel has already been configured for AWS account {account}")
        self._channels[arn] = {**given, "ChatConfigurationArn": arn, "State": "ENABLED"}
        return self._channels[arn]
