"""Put versions of an artifact into a store: URL FOLDER START WRITER COUNT, from time START on."""

import sys
import time
from pathlib import Path

from pipeline.store.artifacts import Store

url, folder, start, writer, count = sys.argv[1:]
store, path = Store(url), Path(folder, writer, "t.csv")
path.parent.mkdir()
time.sleep(max(0, float(start) - time.time()))
for number in range(int(count)):
    path.write_text(f"{writer} {number}")
    version = store.put("t.csv", path, type="x")
    print(version.version, writer, number, flush=True)
