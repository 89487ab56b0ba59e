"""Lines of business, side by side: none knows another; scenarios join them."""
