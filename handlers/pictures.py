"""Curves become a message's picture; a drawing that fails never costs the answer."""

import logging
from functools import partial

from analysis.plots.curves import RunCurves
from analysis.plots.overlay import Overlay
from analysis.plots.studio import Studio
from handlers.reply import Image
from handlers.services import Draw, DrawOverlay

_LOG = logging.getLogger(__name__)


def drawer(studio: Studio) -> Draw:
    """The ``services.Draw`` that draws in a studio."""

    async def draw(curves: RunCurves) -> Image | None:
        try:
            picture = await studio.draw(curves)
        except Exception:  # noqa: BLE001 - whatever matplotlib meets, the report stands without it
            _LOG.exception("the curves of %s could not be drawn", curves.title)
            return None
        if picture is None:
            return None
        return Image("curves", picture.png, picture.alt, picture.key)

    return draw


def overlay_drawer(studio: Studio) -> DrawOverlay:
    """The ``services.DrawOverlay`` that draws in a studio."""
    from analysis.plots import comparison

    async def draw(overlay: Overlay) -> Image | None:
        alt = comparison.alt_text(overlay)
        try:
            picture = await studio.paint(overlay.key(), alt, partial(comparison.draw, overlay))
        except Exception:  # noqa: BLE001 - whatever matplotlib meets, the verdict stands without it
            _LOG.exception("the comparison of %s could not be drawn", overlay.title)
            return None
        return Image("comparison", picture.png, picture.alt, picture.key)

    return draw
