"""A command from a chat: a Slack or Mattermost slash command, or a Mattermost outgoing webhook.

Fields after Slack's "Implementing slash commands" and Mattermost's pages on slash commands and outgoing webhooks.
"""

import json
import re
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from scoring.canonical import digest
from scoring.errors import ScoringError
from scoring.ingest.commands import Said, obey
from scoring.ingest.translation import Situation, Translation, event, read

_MOST_FIELDS = 100
_MENTION = re.compile(r"<@[A-Z0-9]+(?:\|([^>]*))?>")

Line = Annotated[str, Field(max_length=1000)]


class ChatMessage(BaseModel):
    """What the chat sends, as a form or as JSON. `trigger_word` is part of an outgoing webhook's `text`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: Annotated[str, Field(max_length=20_000)] = ""
    user_name: Line = ""
    user_id: Line = ""
    channel_name: Line = ""
    command: Line = ""
    trigger_word: Line = ""
    trigger_id: Line = ""
    post_id: Line = ""
    response_url: Line = ""
    api_app_id: Line = ""
    token: Line = ""

    @property
    def tool(self) -> str:
        """Which chat this is from."""
        host = _host(self.response_url)
        is_slack = self.api_app_id or host == "slack.com" or host.endswith(".slack.com")
        return "slack" if is_slack else "mattermost" if self.post_id or self.response_url else "chat"

    @property
    def words(self) -> str:
        """The command without the word that triggered it, in plain text: Slack escapes `&`, `<` and `>`."""
        text = self.text.strip()
        if self.trigger_word and text.startswith(self.trigger_word):
            text = text.removeprefix(self.trigger_word).lstrip(" :,")
        text = _MENTION.sub(lambda match: match[1] or match[0], text)
        return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

    @property
    def key(self) -> str | None:
        """What a repeat is recognised by."""
        same = self.trigger_id or self.post_id or (digest(self.response_url.encode()) if self.response_url else "")
        return f"{self.tool}/{same}" if same else None


OPENAPI = {
    media: {"schema": ChatMessage.model_json_schema()}
    for media in ("application/x-www-form-urlencoded", "application/json")
}
"""The bodies that `parse` takes, for an OpenAPI document."""


def parse(content_type: str, body: bytes) -> ChatMessage:
    """The message of a request. Raises ScoringError that names the field."""
    if content_type.lower().startswith("application/json"):
        return read(ChatMessage, _json(body), "body")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise ScoringError(f"body: this is no form in UTF-8: {error}") from None
    return read(ChatMessage, dict(pairs), "body")


def translate(message: ChatMessage, situation: Situation) -> Translation:
    """The event of a command; the note is what the chat shows in answer. Raises ScoringError."""
    who = message.user_name or message.user_id or "somebody"
    answer = obey(Said(who, message.words, message.channel_name), situation.playbook)
    if answer.kind is None:
        return Translation(notes=(answer.text,))
    made = event(answer.kind, situation.now, message.tool, answer.data or {}, message.key)
    return Translation((made,), (answer.text,))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ScoringError(f"body: this is no JSON: {error}") from None
