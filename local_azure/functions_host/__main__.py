"""`python -m local_azure.functions_host start …`."""

from local_azure.functions_host.cli import main

main()
