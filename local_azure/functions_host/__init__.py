"""A Functions host: runs one unchanged Python v2-model app, with a durable engine on SQLite."""
