"""Running a compiled network: one `Engine` protocol, one module a back end."""
