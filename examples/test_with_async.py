"""Async clients: httpx and aiohttp. The fixtures are ordinary ones, so any async plugin will do, or `asyncio.run` and none."""

import asyncio

import httpx
import pytest

aiohttp = pytest.importorskip("aiohttp")


def test_httpx(appbuilder_mock):
    """Ten messages at once by httpx.AsyncClient; none is lost."""
    thread = appbuilder_mock.add_thread()

    async def send_ten() -> list[httpx.Response]:
        headers = {"X-Appbuilder-Authorization": f"Bearer {appbuilder_mock.api_key}"}
        async with httpx.AsyncClient(base_url=appbuilder_mock.base_url, headers=headers) as client:
            bodies = [{"thread_id": thread.id, "role": "user", "content": f"message {n}"} for n in range(10)]
            return await asyncio.gather(*(client.post("/v2/threads/messages", json=body) for body in bodies))

    answers = asyncio.run(send_ten())

    assert [answer.status_code for answer in answers] == [200] * 10
    assert sorted(m.text for m in appbuilder_mock.messages(thread)) == [f"message {n}" for n in range(10)]


def test_aiohttp(model_studio_mock):
    """The same door for aiohttp: its own parser reads the answer."""
    thread = model_studio_mock.add_thread()

    async def send(text: str) -> str:
        headers = {"Authorization": f"Bearer {model_studio_mock.api_key}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            url = f"{model_studio_mock.base_url}/threads/{thread.id}/messages"
            async with session.post(url, json={"role": "user", "content": text}) as response:
                return (await response.json())["id"]

    message_id = asyncio.run(send("你好"))

    assert [m.id for m in model_studio_mock.messages(thread)] == [message_id]
