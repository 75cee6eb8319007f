# Two commands do it all: `make book` and `make test`. `make help` lists the rest.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PAGE   := _build/html/index.html

.DEFAULT_GOAL := help
.PHONY: help install chapters book serve lab test lint bench vendor address clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# The stamp makes a second run free; it is renewed when a pin changes.
$(VENV)/installed: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else \
	    "Python 3.11, 3.12 or 3.13 is needed, this is %d.%d: make PYTHON=/path/to/python3.11 ..." % v)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements.txt
	@touch $@

install: $(VENV)/installed  ## make .venv and install the pinned requirements

chapters: $(VENV)/installed  ## execute the chapters that are stale
	@$(BIN)/python book/pipeline.py

book: chapters  ## render the book to _build/html
	@$(BIN)/jupyter-book build book --config _config.yml --toc "$(CURDIR)/_toc.yml" --path-output . \
	    --warningiserror --keep-going --quiet
	@echo "The book is ready: open $(CURDIR)/$(PAGE)"

serve: book  ## render the book and serve it on http://localhost:8000
	@echo "http://localhost:8000 (Ctrl-C stops)"
	@$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

lab: $(VENV)/installed  ## open the chapters in JupyterLab
	@$(BIN)/jupyter trust book/notebooks/*.ipynb >/dev/null  # or JupyterLab strips the players' scripts
	@$(BIN)/jupyter lab --notebook-dir=. --LabApp.default_url=/lab/tree/book/notebooks/01_sound_as_numbers.ipynb

test: book  ## unit tests, every notebook's outputs (nbval), and the pages in a real browser
	@$(BIN)/python tests/browser.py
	@$(BIN)/python -m pytest -n 2 --dist loadscope --doctest-modules --nbval --nbval-current-env \
	    --nbval-cell-timeout 300 tests audio_edu book/notebooks

lint: $(VENV)/installed  ## check the style of the code
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

bench: $(VENV)/installed  ## measure the speed of what is meant to be fast, beside a peer
	@$(BIN)/audio-edu bench

vendor:  ## rebuild book/vendor from its pinned npm packages (needs Node.js)
	@cd book/vendor/build && npm ci --silent && node build.mjs

address: $(VENV)/installed  ## carry the repository's address from _config.yml to CITATION.cff and README.md
	@$(BIN)/python book/address.py

clean:  ## remove what was rendered
	rm -rf _build
