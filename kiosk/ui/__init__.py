"""The screen that shoppers touch. Only `app`, `widgets` and `screens` know Kivy."""
