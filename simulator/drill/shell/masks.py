"""Secrets taken out of what people type and what programs print. Pure; what is no secret stays as it is.

What counts as a secret: the values of an environment's secret variables; passwords in URLs; values of names that end in
password, token, API key and the like, in the notations of shells, YAML, JSON and HTTP headers; bearer tokens, JWTs and
tokens of well-known services; private keys; the data of Kubernetes Secrets. A value that a shell fills in (`$PASSWORD`)
is no secret, nor is one that a program leaves out (`<none>`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

HIDDEN = "***"
NOT_KEPT = "(the data of a Secret: not kept)\n"
SHORTEST = 8
"""Characters from which on the value of a variable is looked for everywhere; shorter ones may be ordinary words."""
_SHORTEST_WORD = 16

_NAME = (
    r"[\w.-]*(?:password|passwd|passphrase|secret|token|(?:api|access|admin|secret|private)[-_]?key"
    r"|client[-_]key[-_]data|credentials?)"
)
_NOT_FILLED_IN = (
    r"(?![\"\\]*(?:\$|<[a-z]|%[sdrv(]|\{\{|\[\^))(?![\"'\\]*(?:\*\*\*|\\\(|\.\*))(?!(?:true|false|null|none|nil)\b)"
)
"""Neither a variable, a template or a pattern, nor a word that says that there is nothing."""
_VALUE = (
    r"(?P<value>\\\"(?:(?!\\\")[^\n])+\\\"|\"(?:[^\"\\\n]|\\.)+\"|'[^'\n]+'"
    r"|(?:(?!=)[^\s\"'`,;&|<>(){}\[\]\\]|\\(?![\"'\s]))(?:[^\s\"'`,;&|<>(){}\[\]\\]|\\(?![\"'\s]))*)"
)
_COLON = r"\\?[\"']?[ \t]*[:=][ \t]*"
_IS_SECRET_NAME = re.compile(_NAME, re.IGNORECASE)


def _rules(*patterns: str) -> tuple[re.Pattern[str], ...]:
    """Each with a group 1 that stays and a group `value` that does not."""
    return tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)


_SAID = _rules(
    r"()(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----)",
    r"()(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----[\sA-Za-z0-9+/=\\]*)\Z",
    r"\A()(?P<value>[\sA-Za-z0-9+/=\\]*-----END [A-Z ]*PRIVATE KEY-----)",
    r"()(?P<value>(?-i:\beyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*))",
    r"()(?P<value>\b(?-i:sk-[\w-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|A[KS]IA[0-9A-Z]{16})\b)",
    r"(\b[a-z][a-z0-9+.-]{0,20}://[^\s:/?#@\"'<>]{0,200}:)(?!\$|\{|\*\*\*@)(?P<value>[^\s/?#\"'<>]+)(?=@)",
    rf"(authorization{_COLON}\\?[\"']?(?:(?:bearer|basic|token|digest|negotiate|apikey)[ \t]+)?+)"
    r"(?!\$|<|%|\{|\*\*\*|\\)(?P<value>[^\s\"',\\]+)",
    r"(\bbearer[ \t]+)(?P<value>(?=[^\s\"']*\d)[\w.~+/-]{8,}=*)",
    r"(\b(?:set-)?cookie:[ \t]*)(?!\$|<|\*\*\*)(?P<value>[^\s\"'][^\"'\n]*)",
    r"(\bpassword[ \t]+)(?P<value>'(?!\*\*\*')[^'\n]+')",
    rf"(\bname{_COLON}\\?[\"']?{_NAME}\\?[\"']?,?\s+\\?[\"']?value{_COLON}){_NOT_FILLED_IN}{_VALUE}",
    rf"(?<![\w.-])({_NAME}{_COLON}){_NOT_FILLED_IN}{_VALUE}",
)
"""What is secret wherever it stands."""
_PRINTED = _rules(rf"^((?:export |declare -x )?{_NAME}=)(?![\"'$]|\*\*\*)(?P<value>\S.*)")
"""What is secret in an output: the whole line of a variable."""
_TYPED = _rules(
    rf"(?<!\S)(--?{_NAME}[ \t]+)(?!-){_NOT_FILLED_IN}{_VALUE}",
    r"(\bcurl\b(?:[^|;\n]|\\\n)*?\s(?:-u|--user)(?:=|[ \t]*)[\"']?[^\s:\"'$-][^\s:\"']*:)(?!\$)(?P<value>[^\s\"']+)",
    r"(\b(?:redis|valkey)-cli\b(?:[^|;\n]|\\\n)*?\s(?:-a|--pass)[ \t]+)(?![\"']?\$)"
    r"(?P<value>\"[^\"\n]+\"|'[^'\n]+'|[^\s\"']+)",
)
"""What is secret in a command: what a flag takes."""
_LITERALS = _rules(
    r"(--from-literal(?:=|[ \t]+)'[\w.-]+=)(?P<value>[^'\n]+)",
    r"(--from-literal(?:=|[ \t]+)\"[\w.-]+=)(?!\$)(?P<value>[^\"\n]+)",
    r"(--from-literal(?:=|[ \t]+)[\w.-]+=)(?![\"']?\$)(?P<value>\"[^\"\n]+\"|'[^'\n]+'|[^\s\"']+)",
)
_MAKES_SECRET = re.compile(r"\bcreate\s+secret\b")

_IS_SECRET_KIND = re.compile(r"kind\\?\"?:\s*\\?\"?Secret\b")
_DATA_YAML = re.compile(
    r"^(?P<head>(?P<indent>[ ]*)(?:- )?(?:data|stringData):[ ]*\n)"
    r"(?P<body>(?:(?P=indent)[ ]+\S.*(?:\n|\Z)|[ ]*\n)+)",
    re.MULTILINE,
)
_LINE_YAML = re.compile(r"^([ ]+(?:[\w.-]+:(?=[ ]|$)[ ]*+)?+)(?![|>][+-]?$)\S.*$", re.MULTILINE)
_DATA_JSON = re.compile(r"(?P<head>\\?\"(?:data|stringData)\\?\":\s*\{)(?P<body>[^{}]*)")
_VALUE_JSON = re.compile(r"(:\s*)(?P<quote>\\?\")(?:(?!(?P=quote))[^\n])*(?P=quote)")
_DATA_ALONE = re.compile(r"^([ ]+[\w.-]+:[ ])[A-Za-z0-9+/]{16,}={0,2}$", re.MULTILINE)
"""Where the beginning of a Secret was not kept, its data look so."""

_KUBECTL = re.compile(r"(?<![(`])(?<!\{ )\bkubectl\b(?P<rest>(?:[^;&\n]|>&)*)")
"""One whose output is shown, and not given to a variable or a function."""
_GETS_SECRET = re.compile(r"(?=.*\bget\b)(?=.*\bsecrets?\b)(?=.*\s(?:-o|--output|--template))")
_BY_PARTS = re.compile("jsonpath|template|custom-columns")


class Masks:
    """Masks for one environment. `secrets` are values that are hidden wherever they are."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        telling = sorted({secret for secret in secrets if _is_telling(secret)}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, telling))) if telling else None

    @classmethod
    def of(cls, env: Mapping[str, str], *secrets: str) -> "Masks":
        """Masks for `secrets` and those of an environment: by the names of its variables, and passwords in its URLs."""
        return cls([*secrets, *(secret for name, value in env.items() for secret in _secrets_of(name, value))])

    def command(self, text: str) -> str:
        """A command as it may be kept."""
        literals = _LITERALS if _MAKES_SECRET.search(text) else ()
        return self._masked(text, (*_TYPED, *literals, *_SAID))

    def output(self, text: str, command: str = "") -> str:
        """What `command` printed, as it may be kept."""
        return NOT_KEPT if text and _reads_secret(command) else self._masked(text, (*_PRINTED, *_SAID))

    def _masked(self, text: str, rules: Iterable[re.Pattern[str]]) -> str:
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        if _IS_SECRET_KIND.search(text):
            text = _without_data(text)
        for pattern in rules:
            text = pattern.sub(_hide, text)
        return text


def _secrets_of(name: str, value: str) -> Iterator[str]:
    if _IS_SECRET_NAME.fullmatch(name):
        yield value
    if "://" in value:
        try:
            parts = urlsplit(value)
        except ValueError:
            return
        if parts.password and parts.password != parts.username:
            yield from (parts.password, unquote(parts.password))


def _is_telling(secret: str) -> bool:
    """Whether it can be looked for everywhere: a word of small letters may stand anywhere and mean nothing."""
    return len(secret) >= (_SHORTEST_WORD if secret.isalpha() and secret.islower() else SHORTEST)


def _hide(found: re.Match[str]) -> str:
    quote = re.match(r"\\?[\"']", found["value"])
    around = quote[0] if quote else ""
    return f"{found[1]}{around}{HIDDEN}{around}"


def _reads_secret(command: str) -> bool:
    """Whether a Secret is read by its parts, or given to another program: what of that is secret nobody can tell."""
    for found in _KUBECTL.finditer(command.replace("\\\n", " ")):
        read, pipe, _ = found["rest"].partition("|")
        if _GETS_SECRET.match(read) and (pipe or _BY_PARTS.search(read)):
            return True
    return False


def _without_data(text: str) -> str:
    """A text that shows a Secret, as YAML or JSON."""
    text = _DATA_YAML.sub(lambda found: found["head"] + _LINE_YAML.sub(rf"\1{HIDDEN}", found["body"]), text)
    text = _DATA_JSON.sub(
        lambda found: found["head"] + _VALUE_JSON.sub(rf"\1\g<quote>{HIDDEN}\g<quote>", found["body"]), text
    )
    return _DATA_ALONE.sub(rf"\1{HIDDEN}", text)
