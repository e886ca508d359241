# What a newcomer types. Every target makes the set-up it needs.
#
#   make demo    index the sample knowledge base and ask it three questions
#   make test    run the tests (make test-slow: those that take minutes)
#   make check   style, types, lock file
#   make bench   timings, each as a ratio against a peer in the same run
#
# PIP_ARGS goes to every pip install, e.g. PIP_ARGS="--no-index --find-links wheelhouse".

PYTHON ?= python3
PIP_ARGS ?=
BIN := .venv/bin

.PHONY: demo test test-slow check bench reader setup lock clean
.DEFAULT_GOAL := help

help:
	@sed -n '3,6p' Makefile | sed 's/^# *//'

setup: .venv/.ready
demo-setup: .venv/.installed

# The product alone, from the lock file.
.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Frontdesk needs Python 3.11 or newer, this is %s. Name another: make PYTHON=python3.11" % sys.version.split()[0])'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q $(PIP_ARGS) -r requirements.lock
	$(BIN)/python -m pip install -q $(PIP_ARGS) --no-deps -e .
	@touch $@

# With what the tests and checks need.
.venv/.ready: .venv/.installed requirements-dev.lock
	$(BIN)/python -m pip install -q $(PIP_ARGS) -r requirements-dev.lock
	@touch $@

demo: .venv/.installed
	$(BIN)/frontdesk index data/articles --kb build/demo --synonyms data/synonyms.csv --yes
	$(BIN)/frontdesk ask "how do I set up the VPN on my Mac?" --kb build/demo
	$(BIN)/frontdesk ask "how much is the mileage rate?" --kb build/demo
	$(BIN)/frontdesk ask "who do I call if my laptop is stolen?" --kb build/demo

test: .venv/.ready
	$(BIN)/python -m pytest

# Minutes more: a build killed before and after every disk operation, and the like.
test-slow: .venv/.ready
	$(BIN)/python -m pytest -m slow

check: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pip check

bench: .venv/.ready
	for script in tests/bench/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# The weights in qa/weights/bert from nothing, into build/reader: five runs, seven hours on two
# cores. Interrupted, it goes on where it was. SQUAD has train-v1.1.json and dev-v2.0.json.
SQUAD ?= squad
DEVELOP := --develop $(SQUAD)/dev-v2.0.json
# $(call run,NAME,RECIPE,MINUTES,MORE)
define run
	test -f build/reader-$(1)/model.safetensors || $(BIN)/frontdesk train reader \
	  --data $(SQUAD)/train-v1.1.json $(4) $(DEVELOP) --config qa/workshop/training/recipes/$(2).toml \
	  --out build/reader-$(1) --max-minutes $(3) \
	  $$(test -f build/reader-$(1)/checkpoint.safetensors && echo --resume)
endef
reader: .venv/.installed
	$(call run,first,reader,86,)
	$(call run,second,reader-second,84,)
	$(call run,third,reader-third,85,)
	$(BIN)/frontdesk train average build/reader-first build/reader-second build/reader-third \
	  $(DEVELOP) --out build/reader-mean
	$(BIN)/frontdesk train tables build/tables.json
	$(call run,fourth,reader-fourth,92,)
	$(call run,fifth,reader-fifth,70,--data build/tables.json)
	$(BIN)/frontdesk train average build/reader-mean build/reader-fourth build/reader-fifth build/reader-fifth \
	  $(DEVELOP) --out build/reader

# Written anew from pyproject.toml: what the product needs, then what tests and checks add.
# torch stays pinned: other releases bring gigabytes of CUDA with them.
TORCH := torch==2.13.0
lock:
	rm -rf build/lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install -q --upgrade pip $(PIP_ARGS)
	build/lock/bin/python -m pip install -q $(PIP_ARGS) $(TORCH) .
	build/lock/bin/python -m pip freeze --exclude frontdesk | sed 's/+cpu$$//' > requirements.lock
	build/lock/bin/python -m pip install -q $(PIP_ARGS) $(TORCH) --group dev
	build/lock/bin/python -m pip freeze --exclude frontdesk | sed 's/+cpu$$//' > requirements-dev.lock
	rm -rf build/lock

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
