"""Database."""


def check_connection() -> bool:
    """Is there one?"""
    return True
