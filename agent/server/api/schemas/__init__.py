"""Wire schemas, one module a version; apart from the domain's types, so that those may change."""
