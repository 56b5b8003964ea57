"""The `flatrender` command: a demo of the deployed system, offline rendering, and a look at this machine."""
