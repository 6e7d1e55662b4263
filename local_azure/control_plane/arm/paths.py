"""Path templates of the resources served."""

SUBSCRIPTION = "/subscriptions/{subscription}"
GROUPS = SUBSCRIPTION + "/resourceGroups"
GROUP = GROUPS + "/{group}"
WEB = "/providers/Microsoft.Web"
PLAN = GROUP + WEB + "/serverfarms/{plan}"
SITE = GROUP + WEB + "/sites/{site}"
SLOT = SITE + "/slots/{slot}"
