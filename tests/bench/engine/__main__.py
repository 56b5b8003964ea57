"""`python -m tests.bench.engine`: print how fast the render engine is."""

from tests.bench.engine.speed import measure, table

if __name__ == "__main__":
    print(table(measure()))
