"""``wandb-bot manifest``: the Slack app manifest, for Socket Mode or for a public address."""

import json

import click

from bot.cli.common import out


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
    help="A W&B host of your own whose links unfurl; may be given up to four times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
def command(url: str | None, hosts: tuple[str, ...], as_json: bool) -> None:
    """Prints the Slack app manifest: paste it at api.slack.com/apps, “From a manifest”."""
    from bot import manifest

    made = manifest.load()
    if hosts:
        made = manifest.with_hosts(made, hosts)
    if url is not None:
        made = manifest.for_url(made, url)
    if as_json:
        out(json.dumps(made, ensure_ascii=False, indent=2))
    elif url is None and not hosts:
        out(manifest.text())
    else:
        out(manifest.as_yaml(made))
