# Everything a person types. Which results are stale is decided by `twintrade run`, by content, never by file times.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

export PIP_DISABLE_PIP_VERSION_CHECK := 1
bin := .venv/bin
jobs ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
tests := OMP_NUM_THREADS=1 $(bin)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# A finished set-up leaves a mark named after what it was made from, so it is redone exactly when that changes.
fingerprint := $(shell { cat requirements.lock pyproject.toml; pwd; } | cksum | cut -d' ' -f1)
ready := .venv/ready-$(fingerprint)

targets := all help setup test test-slow mutants check check-data appendix bench docs lock clean
files := $(wildcard analyses/*.toml)
studies := $(patsubst analyses/%.toml,%,$(files))

# Names of analyses reach a shell, so they are held to letters that no shell reads.
letters := a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9 -
without = $(if $1,$(call without,$(wordlist 2,99,$1),$(subst $(firstword $1),,$2)),$2)
misnamed := $(foreach study,$(studies),$(if $(call without,$(letters),$(study)),$(study)))
taken := $(filter $(targets),$(studies))
ifneq ($(strip $(misnamed)),)
$(error analyses/ holds a file whose name make refuses ($(strip $(misnamed))): use lower-case letters, digits and hyphens, then .toml)
endif
ifneq ($(taken),)
$(error analyses/$(firstword $(taken)).toml is named like a target of this Makefile: rename the file)
endif

.PHONY: $(targets) $(studies)

all: $(ready) ## set up .venv, run every analysis, say where the appendices are (the default)
	$(if $(files),@$(bin)/twintrade run --jobs $(jobs) $(files),$(error analyses/ holds no .toml file: add one with .venv/bin/twintrade init NAME))
	@for page in $(studies:%=results/%/appendix.html); do if test -f $$page; then echo "appendix: $$page"; fi; done

$(studies): %: analyses/%.toml $(ready)
	@$(bin)/twintrade run $<
	@if test -f results/$@/appendix.html; then echo "appendix: results/$@/appendix.html"; fi

help: ## print this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-11s %s\n' "$$name" "$$text"; done
	@echo '  make NAME        run one analysis: $(studies)'

setup: $(ready) ## make .venv from requirements.lock; nothing to do if that has not changed
	@:

$(ready):
	@sh .ci/setup
	@rm -f .venv/ready-*
	@touch $@

test: $(ready) ## set up and run the tests
	@$(tests)

test-slow: $(ready) ## run the Monte Carlo and other long tests
	@$(tests) -m slow

mutants: $(ready) ## plant faults in a copy and count those that the tests catch (an hour; needs coverage)
	@$(bin)/python .ci/mutants.py

check: $(ready) ## lint, formatting, types, and whether every benchmark runs
	@$(bin)/python -m ruff check
	@$(bin)/python -m ruff format --check
	@$(bin)/python -m mypy
	@OMP_NUM_THREADS=1 $(bin)/python -m benchmarks --smoke

check-data: $(ready) ## check the data and the analysis files without estimating anything
	@$(bin)/twintrade check --no-estimates $(files)

appendix: $(ready) ## draw the appendices again from stored results
	@$(bin)/twintrade appendix $(files)

bench: $(ready) ## measure speed and memory side by side with other packages, where they are installed
	@$(bin)/python -m benchmarks

docs: $(ready) ## build the documentation site in build/site, every page run (needs the extra docs)
	@$(bin)/python -c 'import sphinx, furo, myst_nb' 2>/dev/null || \
		{ echo 'make docs needs the extra docs: .venv/bin/python -m pip install -e ".[docs]"' >&2; exit 1; }
	@OMP_NUM_THREADS=1 $(bin)/python -m sphinx -W -q -b html docs build/site
	@echo 'documentation: build/site/index.html'

lock: ## resolve requirements.lock anew (needs uv); UPGRADE=--upgrade moves every version
	@command -v uv >/dev/null || { echo 'make lock needs uv: install it with "pip install uv"' >&2; exit 1; }
	@uv pip compile pyproject.toml --extra all --extra test --extra dev --extra build --universal --python-version 3.11 \
		--generate-hashes --no-header --no-emit-index-url --quiet $(UPGRADE) --output-file requirements.lock

clean: ## remove results, built data and caches; .venv stays
	@rm -rf results build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find $(wildcard data/processed) /dev/null -mindepth 1 ! -name .gitkeep -delete
	@find $(wildcard twintrade tests benchmarks) -name __pycache__ -type d -prune -exec rm -rf {} +

.DEFAULT:
	$(error no target and no analysis has this name; see make help; analyses: $(studies))
