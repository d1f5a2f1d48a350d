"""No SDK: raw httpx. Any client the package has a door for is answered; nothing is passed to it, nothing is patched by hand."""

import httpx
import pytest


def test_a_message_is_stored(model_studio_mock):
    """A handle says what the vendor's own SDK would be told: the base URL and a key."""
    thread = model_studio_mock.add_thread()
    with httpx.Client(
        base_url=model_studio_mock.base_url, headers={"Authorization": f"Bearer {model_studio_mock.api_key}"}
    ) as client:
        message = client.post(f"/threads/{thread.id}/messages", json={"role": "user", "content": "你好"}).json()
        listed = client.get(f"/threads/{thread.id}/messages", params={"limit": 1}).json()

    assert message["content"][0]["text"]["value"] == "你好"
    assert [m["id"] for m in listed["data"]] == [message["id"]]
    assert [exchange.operation for exchange in model_studio_mock.exchanges] == ["create_message", "list_messages"]


@pytest.mark.assistant(revision="2026")
def test_the_newest_shape(model_studio_mock):
    """The marker picks the newest of the two recorded shapes of Model Studio's messages."""
    thread = model_studio_mock.add_thread()
    message = model_studio_mock.add_message(thread, "你好", file_ids=["file-1"])

    answer = httpx.get(
        f"{model_studio_mock.base_url}/threads/{thread.id}/messages/{message.id}",
        headers={"Authorization": f"Bearer {model_studio_mock.api_key}"},
    )

    assert answer.json()["file_ids"] == ["file-1"]


def test_without_a_key(model_studio_mock):
    """A request that the service would turn away is turned away here."""
    answer = httpx.post(f"{model_studio_mock.base_url}/threads", json={})

    assert (answer.status_code, answer.json()["code"]) == (401, "InvalidApiKey")
