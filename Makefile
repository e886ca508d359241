# What a newcomer types. Every target makes the set-up it needs.
#
#   make demo    index the sample knowledge base and ask it three questions
#   make test    run the tests (make test-slow: those that take minutes)
#   make coverage  the tests, with what they pass through counted
#   make check   style, types, lock file
#   make docs    docs/ as a site in build/site, links checked
#   make bench   timings, each as a ratio against a peer in the same run
#
# PIP_ARGS goes to every pip install, e.g. PIP_ARGS="--no-index --find-links wheelhouse".

PYTHON ?= python3
PIP_ARGS ?=
BIN := .venv/bin

.PHONY: demo test test-slow coverage check docs pictures bench reader large setup lock clean
.DEFAULT_GOAL := help

help:
	@sed -n '3,8p' Makefile | sed 's/^# *//'

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

# How much of the product the tests pass through; CI keeps it from falling below the floor.
COVERAGE_FLOOR := 92
coverage: .venv/.ready
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered --cov-fail-under=$(COVERAGE_FLOOR)

# Minutes more: a build killed before and after every disk operation, and the like.
test-slow: .venv/.ready
	$(BIN)/python -m pytest -m slow

check: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pip check

docs: .venv/.ready
	$(BIN)/zensical build --strict

# The README's picture, from the page as it is now. Needs Chromium.
pictures: .venv/.ready
	$(BIN)/frontdesk index data/articles --kb build/demo --synonyms data/synonyms.csv --yes
	$(BIN)/python tests/bench/picture_chat.py build/demo docs/images/chat.png

bench: .venv/.ready
	for script in tests/bench/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# The weights in qa/weights/bert from nothing, into build/reader: seven runs, nine hours on two
# cores. Interrupted, it goes on where it was. SQUAD has train-v1.1.json, dev-v2.0.json and
# train-v2.0-unanswerable.json, HELPDESK a folder of each collection, with its articles/,
# questions.jsonl and contrast.jsonl; cloudgov is held out.
SQUAD ?= squad
HELPDESK ?= helpdesk
RECIPES := qa/workshop/training/recipes
DEVELOP := --develop $(SQUAD)/dev-v2.0.json
COLLECTIONS := arduino csc vagov audacity office seven six ten
# These are several organisations each, with a folder of their own.
APART := seven six ten
# $(call run,NAME,RECIPE,MINUTES,DATA,MORE)
define run
	test -f build/$(1)/model.safetensors || $(BIN)/frontdesk train reader $(4) $(DEVELOP) \
	  --config $(RECIPES)/$(2).toml --out build/$(1) --max-minutes $(3) $(5) \
	  $$(test -f build/$(1)/checkpoint.safetensors && echo --resume)
endef
# $(call mixed,SQUAD,UNANSWERABLE,HELPDESK,TABLES,LOOK_ALIKES): each file with its weight.
mixed = --data $(SQUAD)/train-v1.1.json=$(1) --data $(SQUAD)/train-v2.0-unanswerable.json=$(2) \
  $(COLLECTIONS:%=--data build/helpdesk-$(5)/%.json=$(3)) --data build/tables.json=$(4)
# $(call collection,NAME,LOOK_ALIKES)
define collection
build/helpdesk-$(2)/$(1).json: .venv/.installed
	mkdir -p $$(@D)
	$(BIN)/frontdesk train helpdesk $(HELPDESK)/$(1)/articles --look-alikes $(2) --out $$@ \
	  --questions $(HELPDESK)/$(1)/questions.jsonl --questions $(HELPDESK)/$(1)/contrast.jsonl \
	  $(if $(filter $(1),$(APART)),--apart)
endef
$(foreach n,1 5,$(foreach c,$(COLLECTIONS) cloudgov,$(eval $(call collection,$(c),$(n)))))

build/tables.json: .venv/.installed
	mkdir -p build
	$(BIN)/frontdesk train tables $@

WIKI := --data $(SQUAD)/train-v1.1.json
reader: .venv/.installed build/tables.json $(foreach n,1 5,$(COLLECTIONS:%=build/helpdesk-$(n)/%.json))
	$(call run,reader-first,reader,86,$(WIKI))
	$(call run,reader-second,reader-second,84,$(WIKI))
	$(call run,reader-third,reader-third,85,$(WIKI))
	$(BIN)/frontdesk train average build/reader-first build/reader-second build/reader-third \
	  $(DEVELOP) --out build/reader-mean
	$(call run,reader-fourth,reader-fourth,92,$(WIKI))
	$(call run,reader-fifth,reader-fifth,70,$(WIKI) --data build/tables.json)
	$(BIN)/frontdesk train average build/reader-mean build/reader-fourth build/reader-fifth build/reader-fifth \
	  $(DEVELOP) --out build/reader-wiki
	$(call run,reader-sixth,reader-sixth,48,$(call mixed,0.3,0.45,1.5,0.3,1))
	$(call run,reader-seventh,reader-seventh,50,$(call mixed,0.08,0.13,0.26,0.1,5))
	$(BIN)/frontdesk train average build/reader-sixth build/reader-seventh $(DEVELOP) --out build/reader

# The large reader, into build/large: three runs, three hours on two cores, from all-mpnet-base-v2,
# whose folder is MPNET.
MPNET ?= all-mpnet-base-v2
BOTH_SQUADS = --data $(SQUAD)/train-v1.1.json=$(1) --data $(SQUAD)/train-v2.0-unanswerable.json=$(1)
FIRST_SIX := $(filter-out office ten,$(COLLECTIONS))
NEW_THREE := office ten cloudgov
of = $(1:%=--data build/helpdesk-1/%.json=$(2))
large: .venv/.installed build/tables.json
large: $(patsubst %,build/helpdesk-1/%.json,$(COLLECTIONS) cloudgov)
	$(call run,large-first,large,55,$(call BOTH_SQUADS,0.15) $(call of,$(FIRST_SIX),1.7) \
	  --data build/tables.json=0.5,--encoder $(MPNET))
	$(call run,large-second,large,45,$(call BOTH_SQUADS,0.09) $(call of,$(FIRST_SIX),1.4) \
	  --data build/tables.json=0.4,--encoder build/large-first)
	$(call run,large,large,75,$(call BOTH_SQUADS,0.035) $(call of,$(FIRST_SIX),0.5) \
	  $(call of,$(NEW_THREE),1.4) --data build/tables.json=0.2,--encoder build/large-second)

# What answers are believed by, fitted anew for the readers in qa/weights, each collection left
# out in turn: some twenty minutes on two cores. HELPDESK holds the collections' folders, HANDBOOK
# the pages of the first. What was read is kept in build/fit/seen, by reader.
HELPDESK ?= helpdesk
HANDBOOK ?= kb_18f_handbook/pages
READERS ?= checked bert both bidaf
FITTED_N ?= 300
MAX_WRONG ?= 0.30
build/fit/18f: .venv/.installed
	$(BIN)/frontdesk index $(HANDBOOK) --kb $@ --yes
build/fit/sourcegraph build/fit/btcpay: .venv/.installed
	$(BIN)/frontdesk index $(HELPDESK)/$(notdir $@)/articles --kb $@ --yes
build/fit/sample: .venv/.installed
	$(BIN)/frontdesk index data/articles --kb $@ --synonyms data/synonyms.csv --yes
calibrations: build/fit/18f build/fit/sourcegraph build/fit/btcpay build/fit/sample
	for reader in $(READERS); do \
	  mkdir -p qa/weights/$$reader; \
	  $(BIN)/frontdesk train calibration --reader $$reader --n $(FITTED_N) --max-wrong $(MAX_WRONG) \
	    --seen build/fit/seen \
	    --collection build/fit/18f=$(HELPDESK)/18f/questions.jsonl,$(HELPDESK)/18f/contrast.jsonl \
	    --collection build/fit/sourcegraph=$(HELPDESK)/sourcegraph/questions.jsonl,$(HELPDESK)/sourcegraph/contrast.jsonl \
	    --collection build/fit/btcpay=$(HELPDESK)/btcpay/questions.jsonl \
	    --beside build/fit/sample=data/questions.jsonl \
	    --out qa/weights/$$reader/calibration.json || exit 1; \
	done

# Written anew from pyproject.toml: what the product needs, then what tests and checks add.
# torch stays pinned: other releases bring gigabytes of CUDA with them.
TORCH := torch==2.13.0
lock:
	rm -rf build/lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install -q --upgrade pip $(PIP_ARGS)
	build/lock/bin/python -m pip install -q $(PIP_ARGS) $(TORCH) .
	build/lock/bin/python -m pip freeze --exclude frontdesk | sed 's/+cpu$$//' > requirements.lock
	build/lock/bin/python -m pip install -q $(PIP_ARGS) $(TORCH) --group dev --group docs
	build/lock/bin/python -m pip freeze --exclude frontdesk | sed 's/+cpu$$//' > requirements-dev.lock
	rm -rf build/lock

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
