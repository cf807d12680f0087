"""What people can ask: a file each; see ``handlers.registry``."""
