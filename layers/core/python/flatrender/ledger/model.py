"""The ledger's items. One partition per user holds the account and its entries; holds and grants lie beside it.

pk                              sk
TENANT#t#USER#u#LEDGER          SUMMARY                 the account
TENANT#t#USER#u#LEDGER          ENTRY#<moment>#<id>     an entry, never changed; oldest first
TENANT#t#USER#u#HOLDS           HOLD#<job_id>           a job's seconds: held, then settled or released
TENANT#t#USER#u#GRANTS          GRANT#<key>             remembers that a grant was made
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from flatrender.platform.tables import Item, meta, tenant_key

SUMMARY = "SUMMARY"
ENTRIES = "ENTRY#"
HELD, SETTLED, RELEASED = "held", "settled", "released"


def ledger_key(tenant_id: str, user_id: str) -> str:
    return tenant_key(tenant_id, "USER", user_id, "LEDGER")


def holds_key(tenant_id: str, user_id: str) -> str:
    return tenant_key(tenant_id, "USER", user_id, "HOLDS")


def grants_key(tenant_id: str, user_id: str) -> str:
    return tenant_key(tenant_id, "USER", user_id, "GRANTS")


class AccountItem(Item):
    """What a user has. Seconds are whole, money is in minor units; no number is ever below zero."""

    Meta = meta("ledger")

    available_seconds = NumberAttribute()
    held_seconds = NumberAttribute()
    entry_count = NumberAttribute()
    balance_minor = NumberAttribute(null=True)
    affiliate_balance_minor = NumberAttribute(null=True)


class EntryItem(Item):
    """One movement. The changes are signed and apply to the account's two numbers."""

    Meta = meta("ledger")

    kind = UnicodeAttribute()
    available_change = NumberAttribute()
    held_change = NumberAttribute()
    created_at = UnicodeAttribute()
    job_id = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)


class HoldItem(Item):
    Meta = meta("ledger")

    state = UnicodeAttribute()
    seconds = NumberAttribute()
    settled_seconds = NumberAttribute(null=True)
    created_at = UnicodeAttribute()
    closed_at = UnicodeAttribute(null=True)


class GrantItem(Item):
    Meta = meta("ledger")

    seconds = NumberAttribute()
    reason = UnicodeAttribute()
    created_at = UnicodeAttribute()


class StatementRow(Item):
    """The account or an entry, as one query reads both: the account sorts after the last entry."""

    Meta = meta("ledger")

    available_seconds = NumberAttribute(null=True)
    held_seconds = NumberAttribute(null=True)
    entry_count = NumberAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    available_change = NumberAttribute(null=True)
    held_change = NumberAttribute(null=True)
    created_at = UnicodeAttribute(null=True)
    job_id = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
