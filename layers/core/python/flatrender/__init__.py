"""FlatRender: a multi-tenant video render platform on AWS serverless."""
