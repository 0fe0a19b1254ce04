"""kubectl's output without what two clusters can never share: names that are generated, addresses, times, sizes."""

import re

_RULES = tuple(
    (re.compile(pattern, re.MULTILINE), put)
    for pattern, put in (
        (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d{4}( UTC)?)?", "<time>"),
        (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "<time>"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uid>"),
        (r"\S+@sha256:[0-9a-f]{64}", "<image>"),
        (r"\b(\w+://)?[0-9a-f]{64}\b", "<container>"),
        (r"\b\d{1,3}(\.\d{1,3}){3}(/\d+)?\b", "<ip>"),
        (r"-[bcdf-hj-np-tv-z2-9]{8,10}-[bcdf-hj-np-tv-z2-9]{5}\b", "-<hash>-<id>"),
        (r"-[bcdf-hj-np-tv-z2-9]{5}\b", "-<id>"),
        (r"(-|=|: ?)[bcdf-hj-np-tv-z2-9]{9,10}\b", r"\1<hash>"),
        (r"\b(\d+[smhdy])+( ago)?\b|<invalid>", "<age>"),
        (r"\(x\d+ over <age>\)", "(repeated)"),
        (r'(resourceVersion|generation): "?\d+"?', r"\1: <number>"),
        (r"^(\s*Resource Version:).*", r"\1 <number>"),
        # what a real cluster mounts into each pod for its service account
        (r"^.*kube-api-access-.*\n(^ {4,}(Type|TokenExpirationSeconds|ConfigMapName|Optional|DownwardAPI):.*\n)*", ""),
        (r"^.*/var/run/secrets/kubernetes\.io/serviceaccount.*\n", ""),
        (r"[ \t]+", " "),
        (r" $", ""),
    )
)


def normalised(text: str, *nodes: str) -> str:
    """`text` as any cluster would have said it; `nodes` are the names of this one's."""
    for node in sorted(nodes, key=len, reverse=True):
        text = text.replace(node, "<node>")
    for pattern, put in _RULES:
        text = pattern.sub(put, text)
    return text
