"""Settings: which file is in force, and whether the tokens are there and of the right kind."""

from bot.doctor.base import Patient
from bot.settings import WrongSettings, check_tokens, config_path
from handlers.checkup import Check


async def checks(patient: Patient) -> list[Check]:
    """The file, and the tokens."""
    return [_file(), _tokens(patient)]


def _file() -> Check:
    try:
        path = config_path()
    except WrongSettings as error:
        return Check("Settings file", "fail", error.sentence, "Correct the name of the file.")
    detail = f"{path.name} is read" if path else "none; environment and defaults are in force"
    return Check("Settings file", "ok", detail)


def _tokens(patient: Patient) -> Check:
    try:
        check_tokens(patient.settings)
    except WrongSettings as error:
        return Check("Tokens", "fail", error.sentence, error.next_step)
    mode = "Socket Mode" if patient.settings.socket_mode else "HTTP"
    return Check("Tokens", "ok", f"all that {mode} needs are set")
