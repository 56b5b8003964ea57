import pytest

from flatrender.platform.clients import client
from flatrender.platform.tables import Item, meta, tenant_key


class Apple(Item):
    Meta = meta("fruit")


class Pear(Item):
    Meta = meta("fruit")


def test_all_item_types_share_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-central-1")
    client.cache_clear()
    shared = client("dynamodb")
    assert Apple._get_connection().connection.client is shared
    assert Pear._get_connection().connection.client is shared


def test_each_item_type_keeps_its_own_table_description() -> None:
    assert Apple._get_connection() is not Pear._get_connection()
    assert Apple._get_connection() is Apple._get_connection()


def test_the_table_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRUIT_TABLE", "stack-fruit")
    assert meta("fruit").table_name == "stack-fruit"


def test_every_partition_starts_with_its_tenant() -> None:
    assert tenant_key("t1", "USER", "u1") == "TENANT#t1#USER#u1"
