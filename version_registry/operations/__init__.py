"""What each operation on the routing table does, grouped by whose work it is. Rules of when: transitions.py."""
