"""JSON bodies of requests and answers: typed by msgspec structs, and described to OpenAPI by the same types."""

from typing import Any, Generic, TypeVar

import msgspec
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from web_ui.errors import Invalid

MAX_BODY = 128 * 1024
SCHEMA_REF = "#/components/schemas/{name}"
T = TypeVar("T")


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what requests carry."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what they are answered."""


class Nothing(Answer, frozen=True):
    """Done, and nothing to add: ``{}``."""


async def _bytes_of(request: Request, most: int) -> bytes:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413)
    return bytes(body)


def parse(data: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode JSON of a known type. Raises Invalid with the place and what was expected there, never with the value."""
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        detail, _, place = str(error).partition(" - at ")
        raise Invalid(
            "the body is not what is expected", endroit=place.strip("`") or "$", detail=detail
        ) from None


class Expect(Generic[T]):
    """Dependency that reads a request's body as a type. Raises Invalid; 413 and 415 when it is too long or not JSON."""

    def __init__(self, expected: Any, most: int = MAX_BODY) -> None:
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(expected)
        self._most = most

    async def __call__(self, request: Request) -> T:
        return parse(await _bytes_of(request, self._most), self._decoder)


def reply(value: object, status: int = 200) -> Response:
    """A JSON answer that no cache keeps."""
    return Response(
        msgspec.json.encode(value), status, {"Cache-Control": "no-store"}, media_type="application/json"
    )


def _content(kind: Any) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components((kind,), ref_template=SCHEMA_REF)
    return {"application/json": {"schema": schema}}


def describe(*, takes: Any = None, gives: Any = Nothing, status: int = 200) -> dict[str, Any]:
    """What OpenAPI says of a route's bodies, for its ``openapi_extra``."""
    extra: dict[str, Any] = {
        "responses": {str(status): {"description": "Fait", "content": _content(gives)}},
    }
    if takes is not None:
        extra["requestBody"] = {"required": True, "content": _content(takes)}
    return extra
