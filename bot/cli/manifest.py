"""``wandb-bot manifest``: the Slack app manifest, for Socket Mode or for a public address."""

import json

import click

from bot.cli.common import out, run_async


@click.command("manifest")
@click.option(
    "--url",
    metavar="URL",
    help="Your public address: the manifest for HTTP instead of Socket Mode.",
)
@click.option(
    "--host",
    "hosts",
    metavar="HOST",
    multiple=True,
    help="A W&B host of your own whose links unfurl; may be given up to three times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
def command(url: str | None, hosts: tuple[str, ...], as_json: bool) -> None:
    """Prints the Slack app manifest: paste it at api.slack.com/apps, “From a manifest”."""
    from bot import manifest

    declared = manifest.load()
    made = manifest.with_hosts(declared, [*hosts, *run_async(_configured)])
    if url is not None:
        made = manifest.for_url(made, url)
    if as_json:
        out(json.dumps(made, ensure_ascii=False, indent=2))
    elif made == declared:
        out(manifest.text())
    else:
        out(manifest.as_yaml(made))


async def _configured() -> list[str]:
    """The W&B server of this machine's settings, where Slack can unfurl its links."""
    from analysis.errors import AnalysisError
    from analysis.sources.credentials import find_account
    from bot import manifest

    try:
        account = await find_account()
    except AnalysisError as error:
        click.echo(f"W&B’s settings were left out: {error.sentence}", err=True)
        return []
    return [account.app_url] if manifest.unfurls(account.app_url) else []
