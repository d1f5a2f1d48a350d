# Two commands do everything, with nothing but Python >= 3.11 and make:
#   make example   run the examples: the real SDKs, no key, no network
#   make test      lint, types, and the tests in three environments
# Each environment is made once, and again when its requirements change.

PYTHON ?= python3
PACKAGE := $(shell find pytest_assistant_mock -type f -not -name '*.pyc') pyproject.toml README.md LICENSE
WHEEL_TESTS := tests/test_wheel.py tests/test_public.py examples/test_with_httpx.py examples/test_with_unittest.py
VENVS := .venv .venv-newest .venv-wheel .venv-bench .venv-bench-cassetter

.PHONY: example test lint bench soak losses environments clean
.DELETE_ON_ERROR:
unexport PYTHONPATH

example: .venv/ready
	@echo
	@echo "Seven small test files, each against the real client, with no key and no network (examples/):"
	@.venv/bin/python -m pytest examples -v -p no:cacheprovider --no-header
	@echo
	@echo "Copy the one that looks like your tests. What else there is to know: README.md and docs/."

test: lint
	@echo "\n== dashscope 2, appbuilder-sdk, urllib3 1.26"
	.venv/bin/python -m pytest -n 2 tests examples
	@echo "\n== dashscope 1.26, urllib3 2, httpx2"
	.venv-newest/bin/python -m pytest -n 2 tests examples
	@echo "\n== the built wheel and what it declares, run from another directory"
	cd .venv-wheel && bin/python -m pytest -c ../pyproject.toml --rootdir .. -p no:cacheprovider $(addprefix ../,$(WHEEL_TESTS))
	@echo "\nAll passed: two environments with the SDKs, and the wheel. A test is skipped where its client is not installed there."

lint: environments
	.venv/bin/ruff format --check .
	.venv/bin/ruff check
	.venv/bin/mypy

bench: .venv-bench/ready .venv-bench-cassetter/ready
	.venv-bench/bin/python benchmarks/run.py

# a minute of 64 clients at the served fake: errors, lost messages, memory, the stop
soak: .venv/ready
	.venv/bin/python benchmarks/soak.py

# cassettes recorded by threads, requests in flight and four processes at once, 20 times each: nothing may be lost
losses: .venv/ready
	ASSISTANT_LOSSES_TURNS=20 .venv/bin/python -m pytest tests/cassettes/test_cassettes_losses.py

environments: .venv/ready .venv-newest/ready .venv-wheel/ready

.venv/ready: requirements/sdks.txt requirements/test.txt pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install -qq -r $< -e .
	@touch $@

.venv-newest/ready: requirements/newest.txt requirements/test.txt pyproject.toml
	$(PYTHON) -m venv .venv-newest
	.venv-newest/bin/python -m pip install -qq -r $< -e .
	@touch $@

.venv-wheel/ready: dist/built requirements/wheel.txt
	$(PYTHON) -m venv .venv-wheel
	.venv-wheel/bin/python -m pip install -qq -r requirements/wheel.txt dist/*.whl
	.venv-wheel/bin/python -m pip install -qq --no-deps --force-reinstall dist/*.whl
	@touch $@

.venv-bench/ready: benchmarks/requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install -qq -r $< -e .
	@touch $@

.venv-bench-cassetter/ready: benchmarks/requirements-cassetter.txt
	$(PYTHON) -m venv .venv-bench-cassetter
	.venv-bench-cassetter/bin/python -m pip install -qq -r $<
	@touch $@

# the wheel is built from the sdist, so that a file missing in either is noticed
dist/built: $(PACKAGE) | .venv/ready
	rm -rf dist
	.venv/bin/python -m build --no-isolation --outdir dist . >/dev/null
	@touch $@

clean:
	rm -rf $(VENVS) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
