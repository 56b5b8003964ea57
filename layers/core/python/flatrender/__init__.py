"""FlatRender: a multi-tenant video render platform on AWS serverless."""

import gc
import os

if "LAMBDA_TASK_ROOT" in os.environ:
    # A cold start makes some 300,000 objects that stay. Looking through them for garbage on the way costs 30 ms.
    gc.set_threshold(50_000, 10, 10)
