"""Who the users of the sample app are: the accounts of `target_app/deploy/base/users.txt`."""

RESEARCHERS = ("ada", "barbara", "edsger", "frances", "grace", "hedy", "john", "katherine", "margaret", "radia")


def sign_in_body(index: int) -> dict[str, str]:
    """What user number `index` signs in with."""
    name = RESEARCHERS[index % len(RESEARCHERS)]
    return {"user": name, "password": f"{name}-reads-papers"}
