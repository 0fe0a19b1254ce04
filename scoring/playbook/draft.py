"""What somebody needs who writes a playbook: a draft to fill in, and the JSON Schema by which an editor helps.

`python -m scoring.playbook.draft` writes the schema that ships anew, after a change of the models.
"""

import re
from pathlib import Path
from typing import Any

import orjson
import yaml

from scoring.errors import PlaybookError
from scoring.playbook import Playbook
from scoring.playbook.file import parse_playbook

SCHEMA_FILE = "playbook.schema.json"
"""The schema's file name; a draft names it as its neighbour."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DRAFT_OF_JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"


def playbook_schema() -> dict[str, Any]:
    """The JSON Schema of a playbook file."""
    return {"$schema": _DRAFT_OF_JSON_SCHEMA, **Playbook.model_json_schema(mode="validation")}


def schema_text() -> str:
    """The schema as the file that ships and that belongs beside a draft."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(playbook_schema(), option=options).decode()


def draft(name: str, title: str | None = None) -> str:
    """The YAML of a new playbook: valid as it stands, every field explained, every figure to be replaced.

    Its first line tells editors to look for `SCHEMA_FILE` beside it. Without a title it gets one from its name. Raises
    PlaybookError for a name or a title that a playbook cannot have.
    """
    if not _NAME.fullmatch(name):
        raise PlaybookError(f"{name!r} is no name for a playbook; begin with a letter or a digit, then those and . _ -")
    title = title if title is not None else name.replace("-", " ").replace("_", " ").capitalize()
    quoted = yaml.safe_dump(title, default_style='"', allow_unicode=True, width=float("inf")).strip()
    words = {"NAME": name, "TITLE": quoted}
    text = re.sub("|".join(words), lambda found: words[found[0]], _TEMPLATE)
    parse_playbook(text, f"a draft with the name {name!r} and the title {title!r}")
    return text


_TEMPLATE = f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
#
# An incident process as figures. Replace each by your own, then check it: gameday playbooks validate FILE
# Durations are 30s, 15m, 2h, 1h30m, 2d or 1w; shares are from 0 to 1, so that 5 % is 0.05.
# Every figure says where it is from: `source` is "<document> § <heading>"; where your document has no figure,
# `derived` is the rule that gave it. Both may stand together.
name: NAME                      # what drills call it: --playbook NAME
title: TITLE
document: NAME                  # the document that these figures put into practice

# Severities, the gravest first. A milder one never has less time than a graver one.
levels:
  - id: SEV-1
    title: Critical
    definition: Nobody can use the service, or data is lost or stolen.
    examples: [all requests fail]          # what people recognise it by; may be left out
    source: NAME § Severity Levels         # where the level is defined
    response: {{value: 15m, source: NAME § Severity Levels}}      # within how much time somebody responds
    # Signs that are measured; one that holds is enough. Measures: success, error_share, availability and users_share
    # (shares), p95_ms (milliseconds), p95_times_baseline (a factor). Bounds: above, at_least, below, at_most.
    criteria:
      - {{measure: error_share, at_least: 0.99, source: NAME § Severity Levels, derived: unavailable means 99 %}}
    sla:
      # From the onset to an alert that names the fault.
      detect: {{value: 15m, derived: the level's response time}}
      # From the page to "I have it".
      acknowledge: {{value: 15m, derived: the level's response time}}
      # From the page to the declaration of a severity.
      classify: {{value: 15m, derived: the level's response time}}
      # From the onset until users are served again.
      mitigate: {{value: 1h, derived: 4 × response time}}
      # From the onset to a resolution that is true.
      resolve: {{value: 2h, derived: 8 × response time}}
    first_update: {{value: 15m, derived: one update interval of the level}}      # after the declaration
    update_every: {{value: 15m, source: NAME § Communication}}                  # leave both out where none is asked for
    audiences: {{value: [responders, customers], source: NAME § Communication}}  # who has to be told: ids from below
    channels: {{value: [page, chat], source: NAME § Severity Levels}}            # how it reaches who responds

  - id: SEV-2
    title: Minor
    definition: Some requests fail or are slow.
    source: NAME § Severity Levels
    response: {{value: 2h, source: NAME § Severity Levels}}
    criteria:
      - {{measure: error_share, above: 0.05, source: NAME § Severity Levels}}
      - {{measure: p95_ms, above: 2000, source: NAME § Severity Levels}}
    sla:
      detect: {{value: 2h, derived: the level's response time}}
      acknowledge: {{value: 2h, derived: the level's response time}}
      classify: {{value: 2h, derived: the level's response time}}
      mitigate: {{value: 8h, derived: 4 × response time}}
      resolve: {{value: 16h, derived: 8 × response time}}
    first_update: {{value: 1h, derived: one update interval of the level}}
    update_every: {{value: 1h, source: NAME § Communication}}
    audiences: {{value: [responders], source: NAME § Communication}}
    channels: {{value: [chat], source: NAME § Severity Levels}}

# How long a level's signs have to hold, and on how many requests, before they count.
severity_hold:
  time: {{value: 1m, derived: shorter is a flicker}}
  min_requests: {{value: 5, derived: fewer requests say nothing about a share}}

# When users are served again. No level may hold while these are kept.
verification:
  window: {{value: 15m, source: NAME § Resolution}}                # how long
  error_share_above: {{value: 0.05, source: NAME § Resolution}}    # users suffer above this share of failures
  p95_ms_above: {{value: 2000, source: NAME § Resolution}}         # users suffer above this p95, in milliseconds
  # p95_times_baseline_above: {{value: 3, source: NAME § Resolution}}   # and above this multiple of the usual p95
  min_requests: {{value: 20, derived: fewer requests could not show a share of 5 %}}
  load_share: {{value: 0.9, derived: users come back}}             # of the usual number of requests

# Least levels by component, once users feel its fault; leave it out where your document has no such table.
matrix:
  - component: Database
    names: [postgres, database]     # what labels, deployments and alerts call it
    users: all
    impact: critical
    level: SEV-1
    source: NAME § Components

# Who can be told, and where they listen.
audiences:
  - {{id: responders, title: the incident channel, channel: chat, source: NAME § Communication}}
  - {{id: customers, title: the status page, channel: status-page, source: NAME § Communication}}

# What each update has to carry, of these four.
update_content: {{value: [status, impact, next_step, next_update_at], source: NAME § Communication}}

# Who is called when, by what, and how much later the call is still in time.
escalations:
  - id: not-mitigated
    to: [engineering-manager]
    by: [phone]
    when: {{level: SEV-1, until: mitigated, after: 30m}}     # or until: resolved
    grace: {{value: 10m, derived: a third of the limit}}
    source: NAME § Escalation
  - id: gravest
    to: [director]
    by: [phone]
    when: {{level: SEV-1}}                                   # at once, for this level or a graver one
    grace: {{value: 5m, derived: a third of the response time}}
    source: NAME § Escalation
  - id: breach
    to: [security-team]
    by: [phone, email]
    when: {{failure_modes: [credential-leak]}}               # for these kinds of failure
    grace: {{value: 15m, derived: the gravest level's response time}}
    source: NAME § Escalation
  - id: vendor
    to: [cloud-provider]
    by: [ticket]
    when: {{on_request: true}}                               # only people can tell
    grace: {{value: 1h, derived: one update interval}}
    source: NAME § Escalation

# Who does what in the response.
roles:
  - {{id: incident-commander, title: Incident Commander, does: leads and decides, source: NAME § Roles}}

# What has to be handed in after the resolution, the earliest first.
review:
  deadlines:
    - id: review
      title: the review
      due: {{value: 48h, source: NAME § Review}}
      parts: {{value: [timeline, root_cause, action_items], source: NAME § Review}}
      # levels: {{value: [SEV-1], source: NAME § Review}}     # only these levels ask for it
"""


if __name__ == "__main__":
    (Path(__file__).parents[1] / "playbooks" / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8")
