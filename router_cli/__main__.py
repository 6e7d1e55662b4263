"""Entry of `python -m router_cli`."""

from router_cli.main import main

if __name__ == "__main__":
    main()
