# Short commands for work on the code; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup run report test test-all lint docs links pictures

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the locked environment and the hooks of git
	uv sync --locked
	uv run pre-commit install

run: ## run the pipeline on the sample
	uv run mlflow run . --env-manager local

report: ## make the page of the newest run again
	uv run python main.py main.action=report

test: ## the tests that take minutes
	uv run pytest

test-all: ## all that CI runs, in a fresh environment
	bash .ci/run

lint: ## format, rules, types, rooms
	uv run ruff format --check .
	uv run ruff check .
	uv run mypy
	uv run lint-imports

docs: ## build the pages in docs/_build/html; a dead link fails
	uv run --group docs sphinx-build -E -W --keep-going -q -c docs . docs/_build/html

links: ## ask the addresses outside this repository, too
	uv run --group docs sphinx-build -W --keep-going -q -b linkcheck -c docs . docs/_build/links

pictures: ## draw the pictures in assets/ and conda.yaml again
	uv run python assets/draw_pipeline.py
	uv run python assets/draw_rooms.py
	uv run python assets/make_conda_yaml.py
