"""No fixtures: `AssistantMock` is a context manager, for unittest, scripts and the bodies of hypothesis' `@given`."""

import unittest

import httpx

from pytest_assistant_mock import AssistantMock


class StoredMessages(unittest.TestCase):
    """Every test opens a fresh mock; what it stored is gone with it."""

    def setUp(self) -> None:
        self.studio = self.enterContext(AssistantMock()).model_studio
        self.thread = self.studio.add_thread()

    def send(self, text: str) -> httpx.Response:
        """What the code under test would do."""
        return httpx.post(
            f"{self.studio.base_url}/threads/{self.thread.id}/messages",
            headers={"Authorization": f"Bearer {self.studio.api_key}"},
            json={"role": "user", "content": text},
        )

    def test_a_message_is_stored(self) -> None:
        """What was sent is in the thread."""
        self.assertEqual(self.send("你好").status_code, 200)
        self.assertEqual([m.text for m in self.studio.messages(self.thread)], ["你好"])

    def test_an_empty_message_is_refused(self) -> None:
        """A refused request changes nothing."""
        self.assertEqual(self.send("").json()["message"], "The messages information cannot be empty.")
        self.assertEqual(self.studio.messages(self.thread), [])


if __name__ == "__main__":
    unittest.main()
