# `make run` shows the mirror, `make test` checks it; both set everything up first, on a bare Debian or Ubuntu.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test lint bench gallery twins lock clean

help:
	@echo "make run      the mirror at the webcam; without camera or display a demo video, build/demo.mp4"
	@echo "make test     linters, types, import arrows and all tests with coverage"
	@echo "make lint     the first three of them"
	@echo "make bench    speed, latency and memory on this machine"
	@echo "make gallery  every clip and photo with every garment, into build/gallery/"
	@echo "make twins    render the demo twins that are not there, into kiosk/twins/packs/"
	@echo "make lock     renew requirements/*.txt"

run: $(VENV)/run.stamp
	@scripts/run

test: lint
	$(BIN)/python -m pytest --cov --cov-report=term

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.bench

gallery: $(VENV)/dev.stamp
	$(BIN)/python -m kiosk.tryon.gallery --cases ../shared/cases --out build/gallery

twins: $(VENV)/dev.stamp
	$(PIP) install --quiet -e '.[train]'
	$(BIN)/python -m kiosk.twins.studio

# What runs the product: locked packages, this package in place, the pose model.
$(VENV)/run.stamp: requirements/run.txt pyproject.toml scripts/setup
	@scripts/setup $(VENV)
	$(PIP) install --quiet -r requirements/run.txt
	$(PIP) install --quiet --no-deps --editable .
	$(BIN)/kiosk model fetch
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@scripts/setup $(VENV) test
	$(PIP) install --quiet -r requirements/dev.txt
	@touch $@

lock: $(VENV)/run.stamp
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.10 \
		--custom-compile-command "make lock" --no-annotate --upgrade --quiet -o requirements/dev.txt
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.10 -c requirements/dev.txt \
		--custom-compile-command "make lock" --no-annotate --upgrade --quiet -o requirements/run.txt

clean:
	rm -rf $(VENV) build .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
