"""The least an ASGI app can do, as a peer: `uvicorn empty_app:app`."""


async def app(scope, receive, send):  # type: ignore[no-untyped-def]
    """Read the body and answer {}."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})
