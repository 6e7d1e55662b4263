"""The durable engine: orchestrations, activities, entities and timers of one app, kept in one SQLite file."""
