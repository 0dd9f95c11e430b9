"""What the shop's staff do at the mirror, behind a PIN: everything but its drawing, which `kiosk.ui.staff` does."""
