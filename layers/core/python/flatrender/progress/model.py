"""Items of the progress table.

TENANT#t#JOB#j          SNAPSHOT         the newest message of a job
                        SUBSCRIBER#c     a socket that watches it
TENANT#t#CONNECTION#c   CONNECTION       a socket: whose it is, and the jobs it watches
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from flatrender.platform.tables import Item, meta

SNAPSHOT = "SNAPSHOT"
CONNECTION = "CONNECTION"
SUBSCRIBER = "SUBSCRIBER#"


class SnapshotItem(Item):
    """`status` is `running` until the job is closed; `rank` orders stages; `published_at` in epoch milliseconds."""

    Meta = meta("progress")

    job_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    status = UnicodeAttribute()
    seq = NumberAttribute()
    stage = UnicodeAttribute()
    rank = NumberAttribute()
    percent = NumberAttribute()
    eta_seconds = NumberAttribute(null=True)
    fps = NumberAttribute(null=True)
    chunks_done = NumberAttribute()
    chunks_total = NumberAttribute()
    published_at = NumberAttribute()
    outcome = UnicodeAttribute(null=True)


class SubscriberItem(Item):
    """`seen` is the sequence number that the connection was brought up to when it subscribed."""

    Meta = meta("progress")

    connection_id = UnicodeAttribute()
    seen = NumberAttribute()


class ConnectionItem(Item):
    """`version` is the protocol version that was agreed on; 0 when none was."""

    Meta = meta("progress")

    connection_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    version = NumberAttribute()
    jobs = UnicodeSetAttribute(null=True)
