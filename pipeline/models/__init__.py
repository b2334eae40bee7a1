"""From a model in the config to one that is fitted, exported and served.

From outside: build, export, batch; pyfunc is copied into every exported model.
"""
