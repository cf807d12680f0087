"""W&B: the server, the key, and whether the entities that are answered can be read."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from analysis.errors import AnalysisError
from analysis.sources.credentials import Account, IdentityToken
from bot.doctor.base import Patient, Trip
from handlers.checkup import Check

if TYPE_CHECKING:
    from analysis.run import Viewer
    from analysis.sources.wandb import WandbSource

_SERVER, _KEY, _ENTITIES = "W&B server", "W&B key", "W&B entities"
_MOST_ENTITIES: Final = 10
_DEADLINE_S: Final = 8.0


async def checks(patient: Patient) -> list[Check]:
    """Asks the server whose key it is, and for the projects of each entity that is answered."""
    from analysis.sources.transport import Limits
    from analysis.sources.wandb import WandbSource

    async with WandbSource(deadline_s=_DEADLINE_S, limits=Limits(tries=1)) as source:
        try:
            account = await source.account()
        except AnalysisError as error:
            return [_failed(_KEY, error)]
        server = await _server(patient, account)
        if server.status == "fail":
            return [server]
        if account.auth is None:
            advice = "Set WANDB_API_KEY, or run `wandb login`."
            return [server, Check(_KEY, "fail", "none is set", advice, exit_code=4)]
        kind = "identity token" if isinstance(account.auth, IdentityToken) else "API key"
        with Trip() as trip:
            try:
                viewer = await source.viewer()
            except AnalysisError as error:
                return [server, _failed(_KEY, error)]
        key = Check(_KEY, "ok", f"{kind} of {viewer.username}", ms=trip.ms)
        return [server, key, await _entities(patient, account, viewer, source)]


async def _server(patient: Patient, account: Account) -> Check:
    """One request without the key, for the way there and the clock."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=_DEADLINE_S)
    try:
        with Trip() as trip:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
                session.get(account.base_url, allow_redirects=False) as response,
            ):
                headers, status = response.headers, response.status
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        detail = f"{account.host} cannot be reached ({type(error).__name__})"
        advice = "Check the network, a proxy, and WANDB_BASE_URL."
        return Check(_SERVER, "fail", detail, advice, exit_code=5)
    patient.compare_clocks("W&B", headers, trip)
    if status >= 500:
        detail = f"{account.host} answers with status {status}"
        return Check(_SERVER, "fail", detail, "W&B has trouble: try again later.", exit_code=5)
    return Check(_SERVER, "ok", account.host, ms=trip.ms)


async def _entities(
    patient: Patient, account: Account, viewer: "Viewer", source: "WandbSource"
) -> Check:
    configured = patient.settings.access.entities
    answered: Iterable[str] = configured or sorted(viewer.entities)
    names = list(answered)[:_MOST_ENTITIES]
    unreadable = []
    with Trip() as trip:
        for name in names:
            try:
                await source.projects(name)
            except AnalysisError as error:
                if error.retry:
                    return _failed(_ENTITIES, error)
                unreadable.append(name)
    ms = round(trip.ms / max(1, len(names)), 1)
    if not configured and len(unreadable) < len(names):
        names = [name for name in names if name not in unreadable]  # an own one without projects
        unreadable = []
    if unreadable:
        detail = f"this key cannot read {', '.join(unreadable)}"
        advice = "Correct WANDB_BOT_ACCESS__ENTITIES, or use a key that may read them."
        return Check(_ENTITIES, "fail", detail, advice, ms, 4)
    if account.entity and account.entity.lower() not in {name.lower() for name in names}:
        detail = f"WANDB_ENTITY is {account.entity}, which is not answered ({', '.join(names)} are)"
        advice = "Add it to WANDB_BOT_ACCESS__ENTITIES, or set another WANDB_ENTITY."
        return Check(_ENTITIES, "warn", detail, advice, ms)
    origin = "as configured" if configured else "the key's own"
    return Check(_ENTITIES, "ok", f"{', '.join(names)} ({origin})", ms=ms)


def _failed(name: str, error: AnalysisError) -> Check:
    return Check(name, "fail", error.sentence, error.next_step, exit_code=error.exit_code)
