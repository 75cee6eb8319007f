# Two commands do it all: `make book` and `make test`. `make help` lists the rest.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# A script's own first line names its Python in a way that a folder called `cost $5` breaks.
RUN    := $(BIN)/python $(BIN)
PAGE   := _build/html/index.html
# conftest.py says how two processes share the work.
PYTEST := $(BIN)/python -m pytest -n 2 --doctest-modules

.DEFAULT_GOAL := help
.PHONY: help install chapters book serve lab student instructor assignment grade slides bundle hub hub-load quick test test-backends test-grading lint bench vendor address tools clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

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
	@$(RUN)/jupyter-book build book --config _config.yml --toc "$$PWD/_toc.yml" --path-output . \
	    --warningiserror --keep-going --quiet
	@echo "The book is ready: open $$PWD/$(PAGE)"

serve: book  ## render the book and serve it on http://localhost:8000
	@echo "http://localhost:8000 (Ctrl-C stops)"
	@$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

lab: $(VENV)/installed  ## open copies of the chapters in JupyterLab: work/ is yours to change
	@$(BIN)/python book/pipeline.py --lab
	@$(RUN)/jupyter-trust work/*.ipynb >/dev/null  # or JupyterLab strips the players' scripts
	@mkdir -p $(VENV)/etc/ipython  # what C++ libraries log goes to the terminal, not below a cell
	@echo "c.IPKernelApp.capture_fd_output = False" > $(VENV)/etc/ipython/ipython_kernel_config.py
	@$(RUN)/jupyter-labextension disable jupyterlab-myst 2>/dev/null  # it shows no text before every cell is laid out
	@TF_CPP_MIN_LOG_LEVEL=3 $(RUN)/jupyter-lab --notebook-dir=. --LabApp.default_url=/lab/tree/work/01_sound_as_numbers.ipynb

# In a workshop: all chapters, or CHAPTER=05 (CHAPTER="02 05").
student: $(VENV)/installed  ## notebooks without solutions: _build/student [CHAPTER=05]
	@$(BIN)/python book/workshop.py student $(CHAPTER)

instructor: $(VENV)/installed  ## notebooks with solutions, notes and minutes: _build/instructor [CHAPTER=05]
	@$(BIN)/python book/workshop.py instructor $(CHAPTER)

# It calls alembic, and looks for templates of nbconvert, which is in .venv.
NBGRADER = cd _build/course && PATH="$(CURDIR)/.venv-nbgrader/bin:$$PATH" JUPYTER_PATH="$(CURDIR)/$(VENV)/share/jupyter" \
    OMP_NUM_THREADS=1 python -m nbgrader
assignment: .venv-nbgrader/installed  ## chapters as assignments that grade themselves: _build/course [CHAPTER=05]
	@$(BIN)/python book/workshop.py assignment $(CHAPTER)
	@for name in _build/course/source/*; do ($(NBGRADER) generate_assignment --force "$${name##*/}") || exit 1; done

grade: .venv-nbgrader/installed  ## grade what lies in _build/course/submitted/NAME/05: points, feedback pages [CHAPTER=05]
	@$(NBGRADER) autograde $(CHAPTER)
	@$(NBGRADER) generate_feedback $(CHAPTER)
	@$(NBGRADER) export

slides: $(VENV)/installed  ## decks of slides that need no network: _build/slides [CHAPTER=05]
	@$(BIN)/python book/workshop.py slides $(CHAPTER)

bundle: book  ## one zip for students, no network needed: _build/hearing-machines.zip [WHEELS=linux|macos|windows]
	@$(BIN)/python book/workshop.py bundle $(if $(WHEELS),--wheels $(WHEELS))

# A JupyterHub on this machine; its proxy is a program of Node.js.
HUB := .venv-jupyterhub
WITH_PROXY = PATH="$(CURDIR)/$(HUB)/node_modules/.bin:$$PATH" PYTHONPATH="$(CURDIR)" $(HUB)/bin/python
$(HUB)/proxy: $(HUB)/installed
	npm install --silent --no-audit --no-fund --prefix $(HUB) configurable-http-proxy@5.3.0
	@mkdir -p $(HUB)/etc/ipython
	@echo "c.IPKernelApp.capture_fd_output = False" > $(HUB)/etc/ipython/ipython_kernel_config.py
	@touch $@

hub: $(HUB)/proxy student  ## a JupyterHub for a class, http://THIS-MACHINE:8000, one password: HUB_PASSWORD
	@$(WITH_PROXY) -m jupyterhub --config book/hub/jupyterhub_config.py

STUDENTS ?= 12
hub-load: $(HUB)/proxy student  ## let students come to the hub at once, and measure: [STUDENTS=12]
	@$(WITH_PROXY) book/hub/load.py $(STUDENTS)

quick: $(VENV)/installed  ## unit tests alone: tiny recipes, no notebook, no browser
	@$(PYTEST) -m "not browser and not slow" --ignore tests/book/test_notebooks.py tests audio_edu

test: book  ## unit tests, every notebook's outputs (nbval), and the pages in a real browser
	@$(BIN)/python tests/browser.py
	@$(PYTEST) --nbval --nbval-current-env --nbval-cell-timeout 300 --ignore tests/backends \
	    book/notebooks tests audio_edu

# An environment that sees the packages of .venv, too: only the backend, or nbgrader, is installed.
.venv-%/installed: $(VENV)/installed requirements-backends.txt requirements-nbgrader.txt requirements-hub.txt
	$(BIN)/python -m venv .venv-$*
	@$(BIN)/python -c 'from pathlib import Path; from sysconfig import get_path; \
	    Path(get_path("purelib", vars={"base": ".venv-$*"}), "book.pth").write_text(get_path("purelib"))'
	.venv-$*/bin/python -m pip install --disable-pip-version-check --quiet \
	    -c constraints.txt -c requirements-backends.txt -c requirements-nbgrader.txt -c requirements-hub.txt $*
	@touch $@

TORCH ?= $(wildcard .venv-torch)
test-backends: .venv-jax/installed $(if $(TORCH),.venv-torch/installed)  ## the networks on JAX; on PyTorch, too, with TORCH=1
	KERAS_BACKEND=jax .venv-jax/bin/python -m pytest -q -n 2 tests/backends
ifneq ($(TORCH),)
	KERAS_BACKEND=torch .venv-torch/bin/python -m pytest -q tests/backends
else
	@echo "PyTorch is left out, for its size: make test-backends TORCH=1"
endif

test-grading: .venv-nbgrader/installed  ## grade three submissions of a chapter with nbgrader
	.venv-nbgrader/bin/python -m pytest -q tests/book/test_assignment.py

lint: $(VENV)/installed  ## check the style of the code and the direction of its imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(RUN)/lint-imports --no-logo --no-cache

bench: $(VENV)/installed  ## measure the speed of what is meant to be fast, beside a peer
	@$(RUN)/audio-edu bench

vendor:  ## rebuild book/vendor from its pinned npm packages (needs Node.js)
	@cd book/vendor/build && npm ci --silent && node build.mjs

address: $(VENV)/installed  ## carry the repository's address from _config.yml to CITATION.cff and README.md
	@$(BIN)/python book/address.py

# What data/ was made with; a builder names what it misses.
TOOLS := flite festival espeak-ng fluidsynth fluid-soundfont-gm fluid-soundfont-gs timgm6mb-soundfont \
    asterisk-core-sounds-en asterisk-core-sounds-en-wav \
    festvox-kdlpc16k festvox-us-slt-hts festvox-italp16k festvox-itapc16k festvox-czech-ph festvox-czech-machac \
    festvox-czech-krb festvox-czech-dita festvox-suopuhe-lj festvox-suopuhe-mv build-essential python3-dev opus-tools scowl
tools: $(VENV)/installed  ## install what data/ was made with (Debian, as root or by sudo)
	$(if $(filter 0,$(shell id -u)),,sudo -n )apt-get -qq install -y --no-install-recommends $(TOOLS) >/dev/null
	$(BIN)/python -m pip install --disable-pip-version-check --quiet pyworld==0.3.5 music21==10.5.1
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps pesq==0.0.4 pystoi==0.4.1

clean:  ## remove what was rendered
	rm -rf _build
