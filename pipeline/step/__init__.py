"""All that a step's `go(args)` uses: its arguments, its run, its inputs and outputs.

From outside: arguments.parse, start.start_run and run.StepRun.
"""
