"""Global statistics: whether the map as a whole is clustered."""
