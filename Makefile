# Two commands do all set-up on a fresh Debian-like machine: `make demo` and `make test`.
.PHONY: demo test setup setup-test lint speed quality fuzz pictures requirements
DEMO ?= lane-market
PY := .venv/bin/python

demo: setup
	@$(PY) -m openset demo $(DEMO) --replace

# As many tests at once as there are cores, four at most; a file's tests stay together, in their order.
# Bytecode is kept: the tests start hundreds of programs, each of which would compile everything again.
test: export PYTHONDONTWRITEBYTECODE =
test: setup-test lint
	@$(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: setup-test
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

setup:
	@sh tools/setup.sh run

setup-test:
	@sh tools/setup.sh test

speed: setup-test
	@$(PY) benchmarks/run.py speed

quality: setup-test
	@$(PY) benchmarks/run.py quality

# Ten million mutated packets and files over all decoders.
fuzz: setup-test
	@$(PY) benchmarks/run.py fuzz

# The README's pictures, made by the test that walks the demo's pages.
pictures: setup-test
	@OPENSET_PICTURES=docs/pictures OPENSET_DEMO_WIDTH=1280 $(PY) -m pytest tests/journeys/test_demo_day.py

# Writes the pins again from pyproject.toml; names and versions only, no addresses.
requirements: setup-test
	@.venv/bin/python tools/pin_requirements.py
