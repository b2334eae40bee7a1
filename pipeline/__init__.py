"""What the steps share: config schema, tracking, artifacts, tables, metrics and plots."""

import gc

# Imports make some 100,000 objects that stay. Looking for garbage among them over and over takes
# a tenth to a fifth of the import of mlflow or scikit-learn, which is most of a step's time.
gc.set_threshold(50_000, 50, 50)
