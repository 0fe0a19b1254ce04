"""The Kubernetes version whose behaviour this cluster has."""

VERSION = {
    "major": "1",
    "minor": "34",
    "gitVersion": "v1.34.0",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "2025-08-27T10:09:04Z",
    "goVersion": "",
    "compiler": "cpython",
    "platform": "linux/amd64",
}
