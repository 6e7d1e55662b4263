"""The commands, one module per kind of person who types them."""
