"""Datasets of researchers, kept in the object store. Everything else goes on without them."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from target_app.api.problems import Problem
from target_app.storage.client import ObjectStore, StorageRefused, StorageUnavailable

_LARGEST_BYTES = 1_000_000
_RETRY_SOON_S = 1.0

Name = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


def routes(store: ObjectStore) -> APIRouter:
    """`PUT /datasets/{name}`, `GET /datasets/{name}`."""
    router = APIRouter(tags=["datasets"])

    @router.put("/datasets/{name}", status_code=204)
    async def upload(name: Name, request: Request) -> Response:
        data = await request.body()
        if len(data) > _LARGEST_BYTES:
            raise Problem(413, "Too large", f"a dataset has {_LARGEST_BYTES} bytes at most")
        try:
            await store.upload(name, data)
        except (StorageUnavailable, StorageRefused) as error:
            raise _problem(error) from error
        return Response(status_code=204)

    @router.get("/datasets/{name}")
    async def download(name: Name) -> Response:
        try:
            data = await store.download(name)
        except (StorageUnavailable, StorageRefused) as error:
            raise _problem(error) from error
        if data is None:
            raise Problem(404, "Not found", f"there is no dataset {name}")
        return Response(data, media_type="application/octet-stream")

    return router


def _problem(error: Exception) -> Problem:
    if isinstance(error, StorageRefused):
        return Problem(502, "Dataset storage refused", str(error))
    return Problem(503, "Dataset storage unavailable", str(error), retry_after_s=_RETRY_SOON_S)
