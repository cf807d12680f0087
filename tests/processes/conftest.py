"""Both databases, and a clock that only tests move."""

from tests.support.databases import (
    database,
    database_url,
    postgres,
    postgres_or_why,
    sqlite_template,
)

__all__ = ["database", "database_url", "postgres", "postgres_or_why", "sqlite_template"]
