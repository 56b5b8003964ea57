"""Tenants for tests, made as an operator makes them: there is no public endpoint for it."""

from uuid import uuid4

from boto3.dynamodb.types import TypeSerializer
from tests.support.stack import Stack


def another(stack: Stack) -> str:
    """Makes a second tenant, a copy of the demo one under a new id, and returns its slug."""
    demo = stack.item("tenants", "SLUG#demo", "TENANT")
    assert demo, "the demo tenant comes with the seed"
    slug, tenant_id = f"other-{uuid4().hex[:8]}", str(uuid4())
    encode = TypeSerializer().serialize
    for pk in (f"TENANT#{tenant_id}", f"SLUG#{slug}"):
        item = {**demo, "pk": pk, "slug": slug, "tenant_id": tenant_id}
        stack.client("dynamodb").put_item(
            TableName=stack.table("tenants"), Item={name: encode(value) for name, value in item.items()}
        )
    return slug
