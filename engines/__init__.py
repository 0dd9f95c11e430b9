"""The networks: from synthetic bodies to compiled engines. Knows neither `kiosk` nor any user interface."""
