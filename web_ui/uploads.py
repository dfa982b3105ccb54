"""Files that pages send: raw bytes, bounded, never kept longer than the request."""

from fastapi import Request
from starlette.exceptions import HTTPException

TYPE = "application/octet-stream"


async def uploaded(request: Request, most: int) -> bytes:
    """The body of a request that carries a file. Raises HTTPException 413, 415."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != TYPE:
        raise HTTPException(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413)
    return bytes(body)
