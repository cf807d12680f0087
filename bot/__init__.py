"""The application: settings, wiring, storage, background work, command line, demo."""
