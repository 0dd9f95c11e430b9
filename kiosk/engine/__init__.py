"""The commands `kiosk engine`: what the networks cost, whether they compile, and the engines built on this device."""
