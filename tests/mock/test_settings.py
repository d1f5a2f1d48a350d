"""The keys the SDKs find while a mock is open, and the base URLs they are told just then."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType

import pytest

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._engine.base_urls import NOBODY
from pytest_assistant_mock._engine.vendor import Settings
from pytest_assistant_mock._mock.sdk_environment import Keys, told
from pytest_assistant_mock._vendors import REVISIONS

SETTINGS = Settings("sk-fake", "SOME_API_KEY", "SOME_URL", (("some_sdk", "api_key"),), (("some_sdk", "base_url"),))
VARIABLES = ("DASHSCOPE_API_KEY", "APPBUILDER_TOKEN")
FAKES = ("sk-assistant-mock", "bce-v3/ALTAK-assistant-mock")


@pytest.fixture
def some_sdk(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An SDK that has been imported and has a key of its own."""
    module = ModuleType("some_sdk")
    module.api_key = "sk-real"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "some_sdk", module)
    return module


@pytest.mark.parametrize("before", [None, "", "sk-real"])
def test_a_key_is_put_and_taken_back(monkeypatch: pytest.MonkeyPatch, some_sdk: ModuleType, before: str | None) -> None:
    """Variable and attribute hold the fake in between, and afterwards what they held before, if anything."""
    monkeypatch.delenv("SOME_API_KEY", raising=False)
    if before is not None:
        monkeypatch.setenv("SOME_API_KEY", before)
    keys = Keys([SETTINGS])
    keys.put()
    assert (os.environ["SOME_API_KEY"], some_sdk.api_key) == ("sk-fake", "sk-fake")
    keys.take_back()
    assert (os.environ.get("SOME_API_KEY"), some_sdk.api_key) == (before, "sk-real")
    keys.take_back()
    assert (os.environ.get("SOME_API_KEY"), some_sdk.api_key) == (before, "sk-real")


@pytest.mark.parametrize("before", [None, "sk-real"])
def test_an_sdk_imported_in_between_gets_what_it_would_have_read(
    monkeypatch: pytest.MonkeyPatch, some_sdk: ModuleType, before: str | None
) -> None:
    """A module that read the fake from the environment when it was first imported does not keep it."""
    monkeypatch.delitem(sys.modules, "some_sdk")
    monkeypatch.delenv("SOME_API_KEY", raising=False)
    if before is not None:
        monkeypatch.setenv("SOME_API_KEY", before)
    keys = Keys([SETTINGS])
    keys.put()
    some_sdk.api_key = os.environ["SOME_API_KEY"]  # type: ignore[attr-defined]
    sys.modules["some_sdk"] = some_sdk
    keys.take_back()
    assert some_sdk.api_key == before


def test_base_urls_are_read_at_the_moment_of_asking(monkeypatch: pytest.MonkeyPatch, some_sdk: ModuleType) -> None:
    """The variable first, then the module's attribute; what is unset or empty is not told."""
    vendor = next(vendor for vendor in REVISIONS["2025"] if vendor.name == "model_studio")
    monkeypatch.setattr(dashscope := ModuleType("dashscope"), "base_http_api_url", None, raising=False)
    monkeypatch.setitem(sys.modules, "dashscope", dashscope)
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "")
    asked = told((vendor,))

    def just_now() -> tuple[tuple[str, str], ...]:
        return tuple(pair for pair in asked() if pair[0] != NOBODY)  # a server another test has left listening

    assert just_now() == ()
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "http://a/v1")
    monkeypatch.setattr(dashscope, "base_http_api_url", "https://{workspace_id}.eu.maas.aliyuncs.com/api/v1")
    assert just_now() == (("model_studio", "http://a/v1"), ("model_studio", "https://*.eu.maas.aliyuncs.com/api/v1"))


@pytest.mark.parametrize("real", [None, "sk-real-secret"])
def test_every_variable_holds_a_fake_key_only_while_the_mock_is_open(monkeypatch: pytest.MonkeyPatch, real: str | None) -> None:
    """Also when the body of the with fails."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
        if real is not None:
            monkeypatch.setenv(variable, real)
    seen: list[str] = []

    def fail() -> None:
        with AssistantMock() as mock:
            seen.extend(os.environ[variable] for variable in VARIABLES)
            assert (mock.model_studio.api_key, mock.appbuilder.api_key) == FAKES
            raise KeyError("the test's own")

    with pytest.raises(KeyError, match="the test's own"):
        fail()
    assert tuple(seen) == FAKES
    assert [os.environ.get(variable) for variable in VARIABLES] == [real, real]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_real_key_never_lands_in_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys set before are replaced while the mock is on, so no request carries them."""
    dashscope = pytest.importorskip("dashscope")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-real-secret")
    monkeypatch.setenv("APPBUILDER_TOKEN", "bce-v3/real-secret")
    monkeypatch.setattr(dashscope, "api_key", "sk-real-secret")
    with AssistantMock() as mock:
        assert dashscope.Threads.create().status_code == 200
        if "appbuilder" in sys.modules:
            sys.modules["appbuilder"].assistant.threads.create()
        exchanges = [*mock.model_studio.exchanges, *mock.appbuilder.exchanges]
        journal = repr([(exchange.request.url, exchange.request.headers, exchange.request.body) for exchange in exchanges])
    assert "Bearer sk-assistant-mock" in journal
    assert "real-secret" not in journal
    assert dashscope.api_key == "sk-real-secret"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_nested_mocks_put_keys_back_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outer mock's key is still there when the inner one closes."""
    dashscope = pytest.importorskip("dashscope")
    monkeypatch.setattr(dashscope, "api_key", None)
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    with AssistantMock():
        with AssistantMock():
            assert dashscope.api_key == FAKES[0]
        assert (dashscope.api_key, os.environ["DASHSCOPE_API_KEY"]) == (FAKES[0], FAKES[0])
    assert (dashscope.api_key, os.environ.get("DASHSCOPE_API_KEY")) == (None, None)


FIRST_IMPORT = """
import gc, os, sys, warnings
warnings.simplefilter("ignore")
from pytest_assistant_mock import AssistantMock
assert not {"dashscope", "appbuilder"} & set(sys.modules)
try:
    with AssistantMock() as mock:
        import dashscope
        assert dashscope.Threads.create().status_code == 200
        assert len(mock.model_studio.threads()) == 1
        if FAIL:
            raise RuntimeError
except RuntimeError:
    pass
from dashscope.common import env
from dashscope.common.api_key import get_default_api_key
print(os.environ.get("DASHSCOPE_API_KEY"), os.environ.get("APPBUILDER_TOKEN"), dashscope.api_key, env.api_key)
fakes = [name for name, module in list(sys.modules.items()) for value in list(vars(module).values())
         if isinstance(value, str) and value in ("sk-assistant-mock", "bce-v3/ALTAK-assistant-mock")]
print(fakes)
"""


@pytest.mark.parametrize("fail", [False, True])
@pytest.mark.parametrize("real", [None, "sk-real"])
def test_no_fake_key_outlives_a_mock_in_which_the_sdk_was_first_imported(fail: bool, real: str | None) -> None:
    """In a fresh interpreter: afterwards no variable and no module of the process holds a fake key."""
    pytest.importorskip("dashscope")
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    if real:
        environment |= dict.fromkeys(VARIABLES, real)
    program = FIRST_IMPORT.replace("FAIL", str(fail))
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{real} {real} {real} {real}\n[]\n", "")
