"""Kinds of alerts, a file each; the folder is their register (see ``base.Kind``)."""
