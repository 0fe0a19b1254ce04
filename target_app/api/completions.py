"""Completions for users, made by the upstream provider."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from target_app.upstream.client import Upstream


class CompletionRequest(BaseModel):
    """A prompt; `model` defaults to the one that is set for the provider."""

    prompt: str = Field(min_length=1, max_length=20_000)
    max_tokens: int = Field(default=64, ge=1, le=4096)
    model: str | None = Field(default=None, max_length=100)


class Completion(BaseModel):
    """The text, and who made it."""

    id: str
    provider: str
    model: str
    text: str
    tokens: int


def routes(upstream: Upstream) -> APIRouter:
    """`POST /completions`."""
    router = APIRouter(tags=["completions"])

    @router.post("/completions")
    async def complete(request: CompletionRequest) -> Completion:
        answer = await upstream.complete(request.prompt, max_tokens=request.max_tokens, model=request.model)
        return Completion(
            id=answer.id,
            provider=answer.provider,
            model=answer.model,
            text=answer.text,
            tokens=answer.tokens,
        )

    return router
