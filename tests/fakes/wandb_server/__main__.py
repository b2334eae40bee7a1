"""The double as a program: prints its address, serves until it is stopped."""

import argparse
import signal

from tests.fakes.wandb_server import KEY, WandbServer


def main() -> None:
    """Serve from a folder."""
    parser = argparse.ArgumentParser(description="A test double of the W&B server.")
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", action="append", metavar="KEY=USER", default=[])
    given = parser.parse_args()
    keys = dict(word.split("=", 1) for word in given.key)
    with WandbServer(given.folder, keys or {KEY: "tester"}, given.port) as server:
        print(server.url, flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
