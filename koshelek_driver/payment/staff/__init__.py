"""The people at a till: the operator of an action, and the supervisor who approves one."""
