"""Who calls, and what they may do: roles, tokens, access by role and area."""
