"""No secret stays in what a run leaves, a failed one neither; what needs it has it."""

import base64
import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import ROOT, Project
from tests.test_verify import git

# By where they are planted; none of them is real.
SECRETS = {
    "password": "dummy-Pass+word_01",
    "token": "dummyToken02==",
    "signature": "dummySignature03%2Fx",
    "sig": "dummySas04",
    "fragment": "dummyFragment05",
    "dotenv": "dummyDotenv06",
    "key file": "dummyKeyFile07",
    "store": "dummyStore08",
    "tracking": "dummyTracking09",
    "wandb": "dummy0123456789abcdef0123456789abcdef0010",
    "override": "dummyOverride11",
    "proxy": "dummyProxy12",
    "config": "dummyConfig13",
    "a name": "dummyApiKey14",
    "webhook": "dummyWebhook15",
}


def forms(secret: str) -> set[bytes]:
    """Return how a secret may be written: as it is, quoted, in base64 at any place of a text."""
    plain = secret.encode()
    shifted = (base64.b64encode(b"x" * n + plain)[4 if n else 0 :][:-4] for n in range(3))
    return {plain, quote(secret, safe="").encode(), *(text for text in shifted if len(text) > 7)}


FORMS = {where: forms(secret) for where, secret in SECRETS.items()}
# What the person wrote, not the run; and this file.
PLANTED = (".env", "deploy.pem", "conf/data/mine.yaml", "tests/test_secrets.py")


def leaks(root: Path) -> list[str]:
    """Return in which files which secrets are; objects and results of git aside."""
    return [
        f"{path.relative_to(root)}: {where}"
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).as_posix() not in PLANTED
        if ".git" not in path.relative_to(root).parts
        for content in [path.read_bytes()]
        for where, ways in FORMS.items()
        if any(way in content for way in ways)
    ]


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves the sample to whoever knows the secrets."""

    def end_headers(self) -> None:
        self.send_header("ETag", '"the same"')
        super().end_headers()

    def do_GET(self) -> None:
        user = base64.b64encode(f"alice:{SECRETS['password']}".encode()).decode()
        known = self.headers["Authorization"] == f"Basic {user}"
        if known and f"sig={SECRETS['sig']}" in self.path:
            super().do_GET()
        else:
            self.send_error(403)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def place(tmp_path: Path) -> Iterator[str]:
    """The server's host and port."""
    shutil.copy(ROOT / "assets" / "songs_sample.parquet", tmp_path)
    handler = functools.partial(Server, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{made.server_port}"
        made.shutdown()


def address(place: str, password: str = SECRETS["password"]) -> str:
    query = f"token={SECRETS['token']}&X-Amz-Signature={SECRETS['signature']}&sig={SECRETS['sig']}"
    return (
        f"http://alice:{quote(password)}@{place}/songs_sample.parquet?{query}"
        f"#key={SECRETS['fragment']}"
    )


@pytest.fixture
def planted(fresh: Project) -> Project:
    """A fresh clone in which secrets lie around and the environment holds some."""
    git(fresh, "init", "-q")
    git(fresh, "add", ".")
    git(fresh, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all")
    (fresh.root / ".env").write_text(f"API_KEY={SECRETS['dotenv']}\n")
    (fresh.root / "deploy.pem").write_text(f"-----BEGIN PRIVATE KEY-----\n{SECRETS['key file']}\n")
    sample = (fresh.root / "conf" / "data" / "songs_sample.yaml").read_text()
    mine = f"https://bob:{SECRETS['config']}@host/about"
    lines = sample.splitlines()
    shown = [f"description: see {mine}" if x.startswith("description:") else x for x in lines]
    (fresh.root / "conf" / "data" / "mine.yaml").write_text("\n".join(shown) + "\n")
    fresh.environment |= {
        "WANDB_API_KEY": SECRETS["wandb"],
        "WANDB_MODE": "offline",
        "HTTPS_PROXY": f"http://me:{SECRETS['proxy']}@127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
    }
    return fresh


@pytest.mark.slow
def test_a_run_that_is_given_secrets(planted: Project, place: str) -> None:
    told = f"notify=[{{when: [end], webhook: http://{place}/{SECRETS['webhook']}}}]"
    words = ["main.steps=get_data", "data=mine", "main.report=true", told]
    hook = f"https://hooks.example.org/x?auth={SECRETS['override']}"
    given = [*words, f"data.file_url={address(place)}", f"main.experiment_name={hook}"]
    done = planted.run("python", "main.py", *given)
    assert done.status == 0, done.out + done.err
    assert leaks(planted.root) == []
    assert not [s for s in SECRETS.values() if s in done.out + done.err]
    assert "notify[0] (webhook) is not sent: the server answers 501 Uns" in done.err
    manifest = planted.last_manifest()
    assert manifest["config"]["data"]["file_url"].startswith(f"http://***@{place}/songs_sample")
    assert set(manifest["code"]["left_out"]) == {".env", "deploy.pem"}
    assert "https://***@host/about" in manifest["code"]["patch"]

    again = planted.run("python", "main.py", "main.action=verify")
    assert again.status == 1
    assert "held a secret, which is kept nowhere; give data.file_url=... whole" in again.error
    whole = planted.run("python", "main.py", "main.action=verify", given[-2])
    assert whole.status == 0, whole.out + whole.err
    assert leaks(planted.root) == []


@pytest.mark.slow
def test_runs_with_secrets_that_fail(planted: Project, place: str) -> None:
    wrong = address(place, "dummyConfig13")  # the server does not know it
    store = f"s3://key:{SECRETS['store']}@no-bucket/x?secret={SECRETS['token']}"
    tracking = f"http://me:{SECRETS['tracking']}@127.0.0.1:9"
    mine = f"steps.check_data.config.api_key={SECRETS['a name']}"
    runs: list[tuple[list[str], dict[str, str]]] = [
        ([f"data.file_url={wrong}"], {}),
        ([f"data.file_url={address(place)}", mine], {}),
        ([f"main.artifact_store={store}"], {"AWS_REGION": "us-east-1"}),
        ([], {"MLFLOW_TRACKING_URI": tracking}),
    ]
    for words, environment in runs:
        done = planted.run("python", "main.py", "main.steps=get_data", *words, **environment)
        assert done.status == 1, done.out + done.err
        assert "Traceback" not in done.out + done.err
        assert not [s for s in SECRETS.values() if s in done.out + done.err], done.err
        assert leaks(planted.root) == []


@pytest.mark.thorough
def test_what_mlflow_itself_records(planted: Project, place: str) -> None:
    command = ["mlflow", "run", ".", "--env-manager", "local", "-P", "steps=get_data"]
    given = ["-P", f"data.file_url={address(place)}"]
    mlflow = {"MLFLOW_TRACKING_URI": f"sqlite:///{planted.root}/mlflow.db"}
    done = planted.run("python", "-m", *command, *given, **mlflow)
    assert done.status == 0, done.out + done.err
    assert leaks(planted.root) == []
    refused = planted.run("python", "-m", *command, *given, "-P", "data.tset_size=1", **mlflow)
    assert refused.status == 1
    assert leaks(planted.root) == []
