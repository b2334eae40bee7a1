"""XGBoost, LightGBM and CatBoost as scikit-learn estimators that any server can load.

A fitted one holds the library's own model file (UBJSON, LightGBM's text, cbm) as bytes with their
SHA-256, and no object of the library: nothing is pickled, and equal models have equal bytes. Every
exported booster has a copy of this folder beside it, so it imports nothing else of this repository,
and its library only when it is used.
"""
