"""The pure core: what the routing table is, how it may change, where a start goes, and when a line may go away.

No I/O, no clock, no environment and no Azure import: `now`, ids and settings come in as arguments.
"""
