"""The steps of the state machine `statemachines/render.asl.json`: plan, dispatch, assemble, verify, publish; and fail.

Each takes a pointer to a job and answers with an `outcome`: `ok`, `ended` (the job was cancelled or has failed
meanwhile) or `failed` (with an `error`). Running one twice leaves what running it once leaves.
"""
