"""The web page's side of the server: what a person sees, and what they do there."""

from __future__ import annotations

from aiohttp import web

from bot.demo.slack.webapi import WebApi


class Page(WebApi):
    """A workspace that can be looked at in a browser."""

    def page_routes(self) -> list[web.RouteDef]:
        """The routes of the page."""
        return []

    def end_pages(self) -> None:
        """Let go of all browsers that are watching."""
