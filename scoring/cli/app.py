"""All commands of scoring as one group: `python -m scoring` runs it, and the `gameday` command takes it in."""

import typer

from scoring.cli import exercises, history, items, playbooks, records, reviews, scores, serving, tokens, training

app = typer.Typer(
    help="Score how incidents were handled, and keep the record of it.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (serving, scores, playbooks, exercises, records, reviews, history, items, training, tokens):
    app.add_typer(part.app)
