"""The pictures of an evaluation, drawn once: a step saves them as PNG, the report as SVG.

From outside: draw (an evaluation's pictures) and canvas (Picture, png, what draws others).
"""
