"""What the steps share: config schema, tracking, artifacts, tables, metrics and plots."""

import atexit
import gc

# Imports make some 100,000 objects that stay. Looking for garbage among them over and over takes
# a tenth to a fifth of the import of mlflow or scikit-learn, which is most of a step's time; and
# looking once more at the end, when the system takes all memory back anyway, up to 0.6 seconds.
gc.set_threshold(50_000, 50, 50)
atexit.register(gc.freeze)
