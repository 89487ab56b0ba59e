"""What happens when: an order is paid, a parcel arrives, a history is replayed."""
