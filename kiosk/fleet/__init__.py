"""Collections, twins, networks and software from one publisher to every kiosk, and word of how they fare back.

The publisher's side: `keys`, `repository`, `rollout`, `gates`, `registry`, `collector`, `tending`. The kiosk's side:
`agent`, `trust`, `fetching`, `store`, `planning`, `outbox`, `presence`, `metrics`. Both know `manifest`, `groups`,
`telemetry`, `limits`, `disk`. Trust is The Update Framework's (python-tuf), the files are static, messages are MQTT 5.
"""
