from flatrender_cli.main import run

run()
