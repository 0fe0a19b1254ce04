"""Settings: what is refused, and in which words."""

import subprocess
import sys

import pytest

from target_app.__main__ import ROLES
from target_app.api.settings import read_settings
from target_app.settings import BadSetting, read_log_level

GOOD = {"DATABASE_URL": "postgresql://research:secret@db:5432/research", "JWT_SECRET": "s" * 32}


def test_defaults_are_enough_besides_the_database():
    settings = read_settings(GOOD)
    assert settings.upstream.provider.name == "openai"
    assert settings.upstream.fallback is None
    assert not settings.upstream.breaker_enabled
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DATABASE_URL", "", "DATABASE_URL is not set"),
        ("DATABASE_URL", "mysql://db", "DATABASE_URL must be a URL that begins with postgresql://"),
        ("DATABASE_URL", "postgresql://db:five/x", "DATABASE_URL must be a URL"),
        ("DB_POOL_SIZE", "5O", "DB_POOL_SIZE must be a whole number, not '5O'"),
        ("DB_POOL_SIZE", "0", "DB_POOL_SIZE must be from 1 to 1000, not 0"),
        ("DB_POOL_MIN_SIZE", "6", "DB_POOL_MIN_SIZE is 6, more than DB_POOL_SIZE 5"),
        ("DB_POOL_MAX_LIFETIME", "4s", "DB_POOL_MAX_LIFETIME must be a number of seconds, not '4s'"),
        ("LLM_TIMEOUT", "-1", "LLM_TIMEOUT must be more than 0 seconds"),
        ("CIRCUIT_BREAKER_ENABLED", "ture", "CIRCUIT_BREAKER_ENABLED must be true or false, not 'ture'"),
        ("JWT_SECRET", "short", "JWT_SECRET must have at least 32 characters"),
        ("OPENAI_BASE_URL", "http://:8090", "OPENAI_BASE_URL must be a URL"),
    ],
)
def test_a_malformed_setting_is_named_with_what_it_should_be(name, value, message):
    with pytest.raises(BadSetting, match=message):
        read_settings({**GOOD, name: value})


def test_a_log_level_is_one_of_a_few():
    with pytest.raises(BadSetting, match="LOG_LEVEL must be one of DEBUG, INFO"):
        read_log_level({"LOG_LEVEL": "LOUD"})


def test_no_role_loads_what_it_serves_with_before_its_settings_were_read():
    """A crash loop by a bad setting is one of many short starts, and each is paid for by the whole machine."""
    program = f"""
import sys
from importlib import import_module
for module in {sorted(ROLES.values())}:
    import_module(module)
print(*sorted({{"aiohttp", "fastapi", "psycopg", "uvicorn", "valkey"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
