"""Runbooks: Markdown whose fenced shell blocks are what gets executed, word for word."""

from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from simulator.drill.documents import shown
from simulator.errors import BadInput

SHELL_LANGUAGES = {"bash", "sh", "shell"}


@dataclass(frozen=True)
class Runbook:
    """Shell blocks by section, in order."""

    path: Path
    title: str
    sections: dict[str, tuple[str, ...]]

    def commands(self, section: str) -> tuple[str, ...]:
        """The blocks under `## <section>`. Raises `BadInput` if there are none."""
        blocks = self.sections.get(section, ())
        if not blocks:
            raise BadInput(f"{shown(self.path)}: no shell block under '## {section}'")
        return blocks


def sections_of(text: str) -> dict[str, str]:
    """The Markdown under each `##` heading, by its title. A line in a block is no heading."""
    lines = text.splitlines()
    tokens = MarkdownIt().parse(text)
    heads = [
        (token.map, tokens[index + 1].content.strip() if token.tag == "h2" else None)
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag in {"h1", "h2"} and token.level == 0 and token.map
    ]
    ends = [begin for (begin, _), _ in heads[1:]] + [len(lines)]
    return {
        title: "\n".join(lines[begin:end]).strip()
        for ((_, begin), title), end in zip(heads, ends, strict=True)
        if title is not None
    }


def read_runbook(path: Path) -> Runbook:
    """Parse a runbook. Raises `BadInput` if it cannot be read."""
    try:
        tokens = MarkdownIt().parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{shown(path)}: cannot be read: {error}") from error
    title, section = path.parent.name, ""
    sections: dict[str, list[str]] = {}
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            title = tokens[index + 1].content
        elif token.type == "heading_open" and token.tag == "h2":
            section = tokens[index + 1].content.strip()
            sections.setdefault(section, [])
        elif token.type == "fence" and token.info.strip() in SHELL_LANGUAGES and section:
            sections[section].append(token.content)
    return Runbook(path, title, {name: tuple(blocks) for name, blocks in sections.items()})
