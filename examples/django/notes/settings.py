"""Settings of a sample that only this machine reaches."""

import os
from pathlib import Path

SECRET_KEY = "of-a-sample"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["notes"]
ROOT_URLCONF = "notes.urls"
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).parents[1] / "notes.sqlite3"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PAGE_SIZE = int(os.environ.get("PAGE_SIZE", "10"))
