from tests.bench.engine.speed import measure, table


def test_a_render_takes_little_more_than_encoding_alone() -> None:
    found = measure()
    print("\n" + table(found))
    assert found.ratio <= 1.5
