# make run | cluster | debug | test | lint | clean; all of them work in a virtual environment of their own.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# $(call debian,PACKAGES): install Debian packages as root or through sudo, or say what to run.
define debian
	{ echo "Installing Debian's $(1)"; \
	  case "$$(id -u)" in 0) sudo= ;; *) sudo=sudo; command -v sudo >/dev/null ;; esac \
	  && $$sudo sh -c 'apt-get update -qq; DEBIAN_FRONTEND=noninteractive \
	      apt-get install -qq --no-install-recommends $(1) >/dev/null'; } \
	|| { echo "Could not install it. Have root run: apt-get install $(1)" >&2; false; }
endef

.PHONY: help run cluster debug test unit test-reckoning test-clusters test-rest lint dist docs screenshots clean patroni simulate campaign fuzz bench-vard bench-etcd bench-compare

help:
	@echo "make run      install, and serve on http://127.0.0.1:2379 (data: default.vard/)"
	@echo "make cluster  install, and run three nodes on this machine (data: cluster.vard/)"
	@echo "make debug    install, and run a cluster to break in this terminal; FLAGS='--nodes 5'"
	@echo "make test     install, check the code and run all tests"
	@echo "make lint     install, and only check the code"
	@echo "make unit     install, and only run the unit tests"
	@echo "make dist     build sdist and wheel into dist/; install the wheel elsewhere, and use it"
	@echo "make docs     build the documentation's site into site/"
	@echo "make patroni  run PostgreSQL under Patroni on three members, and kill some of them"
	@echo "make simulate clusters in virtual time; SEEDS=0:1000 FLAGS='--profile nodes-chaos'"
	@echo "make campaign real members under kills, partitions, broken disks, power cuts, moved clocks;"
	@echo "              FLAGS='--nodes 5 --seconds 60 --seed 1 --faults kill,partition'"
	@echo "make fuzz     try hostile input for a minute a target; FLAGS='--seconds 600 --target http'"
	@echo "make bench-vard, make bench-etcd"
	@echo "              vard's own bench on three fresh nodes; FLAGS='--threads 8 --requests 100'"
	@echo "make bench-compare"
	@echo "              measure vard_http beside etcd; see docs/benchmarks.md"
	@echo "make screenshots"
	@echo "              make docs/images/ui-*.png anew, from a real cluster in a real browser"
	@echo "make clean    remove what these made, but no data"

run: $(VENV)/.run
	@$(BIN)/vard-http $(FLAGS)

cluster: $(VENV)/.run
	@$(BIN)/vard-http dev --plain --logs none --data-dir cluster.vard \
	    --base-port 12379 --port-step 10000

# make debug of vard opened a terminal on a cluster, too.
debug: $(VENV)/.run
	@$(BIN)/vard-http dev $(FLAGS)

# Without etcd, the judge of the conformance tests, the others still run; CI insists on it.
test: lint
	@command -v strace >/dev/null || $(call debian,strace) || true
	@command -v chromium >/dev/null || $(call debian,chromium) || true
	@{ command -v etcd && command -v etcdctl; } >/dev/null || { $(call debian,etcd-server etcd-client) && { \
	    test ! -d /run/systemd/system || $$sudo systemctl disable --now etcd; }; } || true
	@if command -v etcd >/dev/null; then $(ALL); \
	elif test -n "$(CI)"; then echo "The tests need etcd." >&2; exit 1; \
	else $(ALL) WHICH='-m "not etcd"' \
	    && echo "Passed, but etcd is not installed: the tests that compare with it did not run."; fi

# Most tests wait for real servers. Those that only reckon run beside them and give way to them.
RECKONING := tests/unit tests/simulation tests/verification
CLUSTERS := tests/cluster tests/known_bugs
ALL := $(MAKE) --no-print-directory -j3 test-reckoning test-clusters test-rest

test-reckoning:
	@nice -n 19 $(BIN)/pytest -p no:cacheprovider $(WHICH) $(RECKONING) >$(VENV)/$@.log 2>&1; \
	status=$$?; cat $(VENV)/$@.log; exit $$status

test-clusters:
	@$(BIN)/pytest -p no:cacheprovider $(WHICH) $(CLUSTERS) >$(VENV)/$@.log 2>&1; \
	status=$$?; cat $(VENV)/$@.log; exit $$status

test-rest:
	@$(BIN)/pytest $(WHICH) $(addprefix --ignore=,$(RECKONING) $(CLUSTERS))

screenshots: $(VENV)/.dev
	@command -v chromium >/dev/null || $(call debian,chromium)
	@$(BIN)/python -m tests.ui.screenshots

unit: $(VENV)/.dev
	@$(BIN)/pytest tests/unit

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

dist: $(VENV)/.dev
	@rm -rf dist
	@$(BIN)/python -m build
	@$(BIN)/python -m tests.packaging

docs: $(VENV)/.docs
	@$(BIN)/python -m mkdocs build --strict --quiet
	@echo "The site is in site/; begin with site/index.html"

patroni: $(VENV)/.dev
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || $(call debian,postgresql)
	@$(BIN)/python -m tests.clients.patroni_failover

simulate: $(VENV)/.dev
	@$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),0:100) $(FLAGS)

campaign: $(VENV)/.dev
	@$(BIN)/python -m tests.campaign $(FLAGS)

fuzz: $(VENV)/.dev
	@$(BIN)/python -m tests.fuzz $(FLAGS)

bench-vard: $(VENV)/.run
	@$(BIN)/python -m loadtest bench --service vard $(FLAGS)

bench-etcd: $(VENV)/.run
	@command -v etcd >/dev/null || $(call debian,etcd-server)
	@$(BIN)/python -m loadtest bench --service etcd $(FLAGS)

# Interrupted, it still writes its report; FLAGS='--rows all --resume' goes on.
bench-compare: $(VENV)/.loadtest
	@command -v wrk >/dev/null || $(call debian,wrk)
	@command -v etcd >/dev/null || $(call debian,etcd-server)
	@$(BIN)/python -m loadtest compare --out docs/benchmarks --page docs/benchmarks.md \
	    $(or $(FLAGS),--rows all)

clean:
	rm -rf $(VENV) build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	    .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian has ensurepip, and so pip, in a package of its own.
$(BIN)/pip:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(call debian,python3-venv)
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/pip
	@echo "Installing vard-http into $(VENV)"
	@$(BIN)/pip install -q -e .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/pip
	@echo "Installing vard-http and its tests' tools into $(VENV)"
	@$(BIN)/pip install -q -e '.[dev]'
	@touch $(VENV)/.run $@

$(VENV)/.docs: pyproject.toml | $(BIN)/pip
	@test -e $(VENV)/.dev || { echo "Installing vard-http and mkdocs into $(VENV)" \
	    && $(BIN)/pip install -q -e '.[docs]'; }
	@touch $(VENV)/.run $@

$(VENV)/.loadtest: pyproject.toml | $(BIN)/pip
	@echo "Installing vard-http and its load tests' tools into $(VENV)"
	@$(BIN)/pip install -q -e '.[loadtest]'
	@touch $(VENV)/.run $@
