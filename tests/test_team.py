"""Two clones that share nothing but MLflow's server and an S3 store; see tests/teams.py."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from tests import teams
from tests.conftest import STEPS, Project
from tests.teams import Member, Team

pytestmark = pytest.mark.thorough  # the servers alone take a quarter of a minute
CHAMPION = "model_export:champion-songs_sample-genre"
QUICK = ("experiment=quick", "model.estimator.n_estimators=3", f"gate.champion={CHAMPION}",
         "gate.margin=1")  # fmt: skip
REGISTERED = "reproducible_ml_pipeline-songs_sample-genre"
ALTERNATIONS = 200


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    pytest.importorskip("psycopg")
    with teams.running(tmp_path_factory.mktemp("team")) as team:
        yield team


@pytest.fixture(scope="module")
def clones(team: Team) -> tuple[Project, Project]:
    return team.clone("anna"), team.clone("bo")


def run(clone: Project, *words: str, status: int = 0) -> str:
    """Run main.py in a clone; return what it says."""
    done = clone.run("python", "main.py", *words)
    assert done.status == status, done.out + done.err
    return done.out + done.err


def at_once(*asked: tuple[Project, tuple[str, ...]]) -> list[str]:
    """Run main.py in several clones at the same time; return what each says."""
    processes = [clone.start("python", "main.py", *words) for clone, words in asked]
    said = [process.communicate(timeout=600)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(said), said
    return said


def executed(team: Team) -> Counter[str]:
    """Return how often each step has run, by MLflow's store."""
    client = MlflowClient(team.tracking)
    experiments = [e.experiment_id for e in client.search_experiments()]
    runs, page = [], None
    while page != "":
        found = client.search_runs(experiments, max_results=1000, page_token=page)
        runs, page = [*runs, *found], found.token or ""
    steps = [r for r in runs if "mlflow.parentRunId" in r.data.tags]
    assert "RUNNING" not in {r.info.status for r in runs}
    return Counter(r.info.run_name for r in steps if "pipeline.cached" not in r.data.tags)


def champion(team: Team) -> str:
    """Return the version that is the champion: the store and MLflow's registry agree."""
    version = team.objects().get(CHAMPION).reference
    model = MlflowClient(team.tracking).get_model_version_by_alias(REGISTERED, "champion")
    assert model.tags["pipeline.artifact"] == version
    return version


def gate(team: Team, clone: Project, folder: Path) -> dict[str, Any]:
    """Return the verdict of a clone's newest run."""
    store = team.objects()
    (entry,) = (o for o in evaluated(clone)["outputs"] if o["name"] == "gate.json")
    version = store.same("gate.json", entry["digest"])
    assert version
    return dict(json.loads(store.download(version, folder).read_text()))


def evaluated(clone: Project) -> dict[str, Any]:
    return dict(clone.last_manifest()["steps"][-1])


def test_what_one_has_made_serves_the_other(team: Team, clones: tuple[Project, Project]) -> None:
    anna, bo = clones
    before = executed(team)
    run(anna, *QUICK)
    assert executed(team) - before == Counter(STEPS)
    hits = run(bo, *QUICK)
    assert hits.count("  hit: ") == len(STEPS)
    assert f"See the runs: {team.tracking}" in hits
    made = anna.last_manifest()["run"]
    proven = run(bo, "main.action=verify", f"main.run={made[:8]}")
    assert f"Run {made[:8]} is reproduced, bit for bit" in proven
    run(bo, *QUICK, "model.estimator.max_depth=2", "gate.margin=0.01", status=1)  # refused
    assert champion(team) == "model_export:v0"
    assert run(anna, "main.action=clean").endswith("all that is there is needed\n")


def test_both_at_once_do_the_same_work_once(team: Team, clones: tuple[Project, Project]) -> None:
    before = executed(team)
    words = (*QUICK, "data.test_size=0.26", "main.steps=:segregate")
    at_once(*((clone, words) for clone in clones))
    counts = executed(team) - before
    assert counts["segregate"] == 1
    assert max(counts.values()) == 1


def test_of_two_models_that_are_promoted_at_once_one_wins(
    team: Team, clones: tuple[Project, Project], tmp_path: Path
) -> None:
    words = [(*QUICK, f"model.estimator.n_estimators={n}") for n in (4, 5)]
    run(clones[0], *QUICK, "main.steps=:segregate")
    run(clones[0], *words[0], "main.steps=train_random_forest")
    run(clones[1], *words[1], "main.steps=train_random_forest")
    before = champion(team) if team.objects().exists(CHAMPION) else None
    at_once(*zip(clones, words, strict=True))
    verdicts = [gate(team, clone, tmp_path / clone.root.name) for clone in clones]
    models = [next(i for i in evaluated(clone)["inputs"] if i["name"] == "model_export")
              for clone in clones]  # fmt: skip
    names = [f"model_export:v{model['version']}" for model in models]
    # One was compared with the earlier champion, the other with that one: it is the champion now.
    first = [verdict["champion"] for verdict in verdicts].index(before)
    assert verdicts[1 - first]["champion"] == names[first]
    assert champion(team) == names[1 - first]


def test_two_hundred_alternations(
    team: Team, clones: tuple[Project, Project], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each does a step on what the other made; in each fifth round both do the same at once."""
    members = [teams.Member(clone) for clone in clones]
    run_both(members, "main.steps=:check_data")
    before, made = executed(team), list[dict[str, Any]]()
    rounds = range(ALTERNATIONS // 4)
    for number in rounds:
        words = (f"data.test_size={size(number):.3f}", f"data.ks_alpha={0.049 - number / 10_000}")
        first, second = members if number % 2 else members[::-1]
        turns = [(first, "check_data"), (second, "segregate"), (first, STEPS[-2]),
                 (second, STEPS[-1])]  # fmt: skip
        steps = {}
        for member, step in turns:
            asked = members if number % 5 == 4 else [member]
            found = [run for run in run_both(asked, *words, f"main.steps={step}") if run]
            entry = max(found, key=lambda run: run["steps"][-1]["status"] == "finished")
            steps[step] = entry["steps"][-1]
        made.append(steps)
    for member in members:
        member.end()
    counts = executed(team) - before
    assert counts == dict.fromkeys(("check_data", *STEPS[-3:]), len(rounds))
    assert_nothing_mixed(team, made)
    assert_nothing_lost(team)
    model = digests(made[-1][STEPS[-1]]["inputs"])["model_export"]
    last = team.objects().same("model_export", model)  # each passes, as the margin is 1
    assert last
    assert champion(team) == last.reference
    with capsys.disabled():
        versions = {name: len(team.objects().versions(name)) for name in team.objects().names()}
        print(f"\n{4 * len(rounds)} alternations; steps that ran: {dict(counts)}; {versions}")


def size(number: int) -> float:
    """Return the share of test rows in a round."""
    return 0.301 + number / 1000


def run_both(members: Sequence[Member], *words: str) -> list[dict[str, Any] | None]:
    """Run the same at once; return the manifests."""
    for member in members:
        member.ask(*QUICK, "main.warm=false", *words)
    return [member.answer() for member in members]


def digests(artifacts: list[dict[str, str]]) -> dict[str, str]:
    """Return name → digest; of two of a name the first: evaluate reads the champion after it."""
    return {artifact["name"]: artifact["digest"] for artifact in reversed(artifacts)}


def assert_nothing_mixed(team: Team, made: list[dict[str, Any]]) -> None:
    """What each round's steps have read is what the steps of that round have made."""
    store = team.objects()
    total = store.get("preprocessed_data.csv:latest").metadata["rows"]
    assert isinstance(total, int)
    for number, steps in enumerate(made):
        tables, model, verdict = (steps[step] for step in STEPS[-3:])
        parts, read = digests(tables["outputs"]), digests(verdict["inputs"])
        test = store.same("data_test.csv", parts["data_test.csv"])
        assert test
        assert test.metadata["rows"] == pytest.approx(total * size(number), abs=15)
        assert digests(model["inputs"])["data_train.csv"] == parts["data_train.csv"]
        assert read["data_test.csv"] == parts["data_test.csv"]
        assert read["model_export"] == digests(model["outputs"])["model_export"]


def assert_nothing_lost(team: Team) -> None:
    """Numbers without gaps, no damaged manifest, all files there, no claim left."""
    store = team.objects()
    for name in store.names():
        versions, damaged = store.all_versions(name)
        assert damaged == []
        assert [version.version for version in versions] == list(range(len(versions)))
        assert all(store.has(file) for version in versions for file in version.files)
    assert team.claims() == []
