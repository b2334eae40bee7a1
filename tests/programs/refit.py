"""Fit the model of a module of tests (FILE) again and print its predictions' bytes as hex."""

import importlib.util
import sys

spec = importlib.util.spec_from_file_location("again", sys.argv[1])
assert spec
assert spec.loader
again = importlib.util.module_from_spec(spec)
spec.loader.exec_module(again)
print(again.predict(again.trained(), again.made_up())[0].tobytes().hex())
