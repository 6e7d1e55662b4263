"""The HTTP surface of the host: function triggers, keys, and the admin API."""
