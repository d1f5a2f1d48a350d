# Two commands do everything, with nothing but Python >= 3.11 and make:
#   make example   run the examples: the real SDKs, no key, no network
#   make test      lint, types, and the tests in three environments
# Each environment is made once, and again when its requirements change. (Files of requirements, and not dependency groups:
# the pip of a fresh environment on Python 3.11 does not know --group.)

PYTHON ?= python3
PIP := -m pip install -qq --disable-pip-version-check  # -qq: errors are shown, warnings are not
PACKAGE := $(shell find pytest_assistant_mock -type f -not -name '*.pyc') pyproject.toml README.md LICENSE
WHEEL_TESTS := tests/project/test_wheel.py tests/project/test_public.py examples/test_with_httpx.py examples/test_with_unittest.py
VENVS := .venv .venv-newest .venv-wheel .venv-lowest .venv-examples .venv-bench .venv-bench-cassetter

# What the SDKs and the HTTP clients cannot change runs in the first environment only: the docs, the benchmarks, the engine and
# its tables, schemas, strategies of values, commands, files, and raw sockets. A new test runs in both, until it is named here.
ONCE := $(addprefix tests/,$(addsuffix .py,\
	cassettes/test_cassettes_age cassettes/test_cassettes_bundled cassettes/test_cassettes_commands cassettes/test_cassettes_growth \
	cassettes/test_cassettes_live cassettes/test_cassettes_orphans \
	cassettes/test_cassettes_losses cassettes/test_cassettes_matching cassettes/test_cassettes_storage cassettes/test_cassettes_stream_words \
	commands/test_check commands/test_serve commands/test_serve_recording contract/test_contract_mutations contract/test_contract_schemas \
	contract/test_contract_streams contract/test_contract_stream_mutations \
	engine/test_clock engine/test_engine engine/test_journal engine/test_paging engine/test_performing \
	engine/test_secrets engine/test_state engine/test_stream_faults engine/test_wire mock/test_seed_files mock/test_seeding plugin/test_plugin \
	project/test_add_an_endpoint project/test_benchmarks project/test_fidelity project/test_growth project/test_layers \
	project/test_readme project/test_reference project/test_requirements project/test_server_docs project/test_summary \
	project/test_wheel serving/test_server_attack serving/test_page serving/test_server_line strategies/test_answers \
	serving/test_control serving/test_control_security serving/test_control_sessions \
	strategies/test_fresh strategies/test_payloads strategies/test_properties strategies/test_types \
	strategies/test_functions strategies/test_run_answers strategies/test_generated_streams traffic/test_html_report \
	vendors/test_appbuilder_refusals vendors/test_java vendors/test_leniency vendors/test_model_studio_refusals vendors/test_provider \
	vendors/test_samples vendors/test_shape))
$(foreach file,$(ONCE),$(if $(wildcard $(file)),,$(error $(file) is named in ONCE, and is not there)))

.PHONY: example test lowest lint reference bench soak losses environments clean
.DELETE_ON_ERROR:
unexport PYTHONPATH

example: .venv-examples/ready
	@echo
	@echo "Seven small test files, each against the real client, with no key and no network (examples/):"
	@.venv-examples/bin/python -m pytest examples -v -p no:cacheprovider --no-header
	@echo
	@echo "Copy the one that looks like your tests. What else there is to know: README.md and docs/."

test: lint
	@mkdir -p build
	@echo "\n== dashscope 2, appbuilder-sdk, urllib3 1.26"
	.venv/bin/python -m pytest -n 2 tests examples --junitxml=build/sdks.xml
	@echo "\n== dashscope 1.26, urllib3 2, httpx2: what depends on them"
	.venv-newest/bin/python -m pytest -n 2 tests examples --junitxml=build/newest.xml $(addprefix --ignore=,$(ONCE))
	@echo "\n== the built wheel and what it declares, run from another directory"
	cd .venv-wheel && bin/python -m pytest -c ../pyproject.toml --rootdir .. -p no:cacheprovider --junitxml=../build/wheel.xml \
		$(addprefix ../,$(WHEEL_TESTS))
	@echo
	@.venv/bin/python tests/summary.py build/sdks.xml build/newest.xml build/wheel.xml

# the lowest versions that are declared; the benchmarks say their own
lowest: .venv-lowest/ready
	.venv-lowest/bin/python -m pytest -n 2 tests examples --ignore=tests/project/test_benchmarks.py

lint: environments
	.venv/bin/ruff format --check .
	.venv/bin/ruff check
	.venv/bin/mypy

# docs/reference.md, from the docstrings
reference: .venv/ready
	.venv/bin/python docs/make_reference.py

bench: .venv-bench/ready .venv-bench-cassetter/ready
	@mkdir -p build
	.venv-bench/bin/python benchmarks/run.py --json build/bench.json --picture build/bench.svg

# a minute of 64 clients at the served fake: errors, lost messages, memory, the stop
soak: .venv/ready
	.venv/bin/python benchmarks/soak.py

# cassettes recorded by threads, requests in flight and four processes at once, 20 times each: nothing may be lost
losses: .venv/ready
	ASSISTANT_LOSSES_TURNS=20 .venv/bin/python -m pytest tests/cassettes/test_cassettes_losses.py

environments: .venv/ready .venv-newest/ready .venv-wheel/ready

.venv-examples/ready: requirements/examples.txt pyproject.toml
	@echo "Installing the two SDKs and the package into .venv-examples: about a minute, once..."
	@$(PYTHON) -m venv .venv-examples
	@.venv-examples/bin/python $(PIP) -r $< -e .
	@touch $@

.venv/ready: requirements/sdks.txt requirements/test.txt pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python $(PIP) -r $< -e .
	@touch $@

.venv-newest/ready: requirements/newest.txt requirements/test.txt pyproject.toml
	$(PYTHON) -m venv .venv-newest
	.venv-newest/bin/python $(PIP) -r $< -e .
	@touch $@

.venv-lowest/ready: requirements/lowest.txt pyproject.toml
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python $(PIP) -r $< -e .
	@touch $@

.venv-wheel/ready: dist/built requirements/wheel.txt
	$(PYTHON) -m venv .venv-wheel
	.venv-wheel/bin/python $(PIP) -r requirements/wheel.txt dist/*.whl
	.venv-wheel/bin/python $(PIP) --no-deps --force-reinstall dist/*.whl
	@touch $@

.venv-bench/ready: benchmarks/requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python $(PIP) -r $< -e .
	@if command -v npm > /dev/null; then npm install --silent --prefix .venv-bench/node @copilotkit/aimock; fi  # a peer, where it can be had
	@touch $@

.venv-bench-cassetter/ready: benchmarks/requirements-cassetter.txt
	$(PYTHON) -m venv .venv-bench-cassetter
	.venv-bench-cassetter/bin/python $(PIP) -r $<
	@touch $@

# the wheel is built from the sdist, so that a file missing in either is noticed
dist/built: $(PACKAGE) | .venv/ready
	rm -rf dist
	.venv/bin/python -m build --no-isolation --outdir dist . >/dev/null
	@touch $@

clean:
	rm -rf $(VENVS) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
