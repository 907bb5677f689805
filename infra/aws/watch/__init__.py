"""What looks at a deployed lake: is anything new, how fresh are the answers, what do the figures say."""
