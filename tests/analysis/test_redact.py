"""Secrets never get through, and what is no secret stays readable."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.redact import MARK, redact, redact_name, redact_value

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


def _random(alphabet: str, size: int) -> st.SearchStrategy[str]:
    """A random body that holds digits, lower and upper case, as keys do."""
    body = st.text(alphabet, min_size=size, max_size=size)
    if alphabet == _HEX:
        return body.map(lambda s: "a1b2c3" + s[6:])
    return body.map(lambda s: "aB3xY9" + s[6:])


SHAPED: dict[str, st.SearchStrategy[str]] = {
    "wandb, old": _random(_HEX, 40),
    "wandb, self-hosted": _random(_HEX, 40).map("local-{}".format),
    "wandb, new": _random(_ALNUM + "_-", 77).map("wandb_v1_{}".format),
    "openai": _random(_ALNUM, 48).map("sk-{}".format),
    "openai, project": _random(_ALNUM + "_-", 60).map("sk-proj-{}".format),
    "anthropic": _random(_ALNUM + "_-", 60).map("sk-ant-api03-{}".format),
    "hugging face": _random(_ALNUM, 34).map("hf_{}".format),
    "github": _random(_ALNUM, 36).map("ghp_{}".format),
    "github, fine-grained": _random(_ALNUM, 60).map("github_pat_{}".format),
    "gitlab": _random(_ALNUM, 20).map("glpat-{}".format),
    "slack": _random(_ALNUM, 24).map("xoxb-123456789012-{}".format),
    "aws id": _random(string.ascii_uppercase + string.digits, 16).map(lambda s: "AKIA" + s.upper()),
    "google": _random(_ALNUM + "_-", 35).map("AIza{}".format),
    "google oauth": _random(_ALNUM, 40).map("ya29.{}".format),
    "jwt": _random(_ALNUM, 30).map(lambda s: f"eyJhbGciOiJIUzI1NiJ9.eyJ{s}.{s[::-1]}"),
    "databricks": _random(_HEX, 32).map("dapi{}".format),
    "nvidia": _random(_ALNUM, 40).map("nvapi-{}".format),
}

CONTEXTS = (
    "{}",
    "using {} now",
    "key={}",
    'got "{}", going on',
    "[rank0]: {}",
    "a,{},b",
    "({})",
    "url?x={}&y=1",
    "\x1b[32m{}\x1b[0m",
    "line one\n{}\nline three",
    "ValueError: bad key {}",
    "{{'api': '{}'}}",
)


@pytest.mark.parametrize("kind", SHAPED)
@given(data=st.data())
def test_a_key_of_a_known_shape_never_gets_through(kind: str, data: st.DataObject) -> None:
    """Keys that are known by their shape are found in every context."""
    secret = data.draw(SHAPED[kind])
    context = data.draw(st.sampled_from(CONTEXTS))
    told = redact(context.format(secret))
    assert secret not in told
    assert secret[-12:] not in told
    assert MARK in told


ASSIGNED = (
    "WANDB_API_KEY={}",
    "export HF_TOKEN='{}'",
    'os.environ["AWS_SECRET_ACCESS_KEY"] = "{}"',
    "environ({{'DB_PASSWORD': '{}', 'HOME': '/root'}})",
    "--password {}",
    "--api-key={}",
    "['--token', '{}']",
    'body {{"token": "{}", "x": 1}}',
    'body {{\\"client_secret\\": \\"{}\\"}}',
    "password: {}",
    "my_secret = {}",
    "Authorization: Bearer {}",
    "authorization: Basic {}",
    "X-Api-Key: {}",
    "https://someone:{}@example.org/path",
    "postgresql://user:{}@db:5432/name",
    "redis://:{}@cache:6379",
    "machine api.example.org login user password {}",
    "https://x.example.org/c?sv=1&sig={}&se=2",
    "https://bucket.example.org/k?X-Amz-Signature={}&X=1",
    "AccountName=a;AccountKey={};EndpointSuffix=b",
    "wandb login {}",
    "wandb login --relogin --host=https://w.example.org {}",
    "wandb.login(key='{}')",
    "huggingface_hub.login(token={!r})",
    "curl -u bob:{} https://x.example.org",
    "sshpass -p {} ssh host",
    "mysql -u root -p{} db",
    "docker login -u bob -p {} registry.example.org",
    "redis-cli -h cache -a {}",
    "ENV WANDB_API_KEY {}",
    "setx HF_TOKEN {}",
    "aws configure set aws_secret_access_key {}",
)

TOLD = (
    "Invalid API key: {}",
    "Incorrect API key provided: {}. You can find yours in the settings.",
    "Invalid token passed! {}",
    "login failed, password is {}",
    "the token is {}",
    "your access key {} has expired",
    "passphrase '{}'",
    "The API key was {}, which is unknown.",
)


@pytest.mark.parametrize("context", ASSIGNED)
@given(secret=st.text(_ALNUM + "_-.", min_size=12, max_size=40).map("q7{}Z".format))
def test_a_value_under_a_secret_name_never_gets_through(context: str, secret: str) -> None:
    """What is assigned to a name that says secret is taken out, whatever it looks like."""
    assert secret not in redact(context.format(secret))


@pytest.mark.parametrize("context", TOLD)
@given(secret=st.text(_ALNUM + "!#%", min_size=6, max_size=30).map("q7{}Z".format))
def test_a_value_told_in_a_sentence_never_gets_through(context: str, secret: str) -> None:
    """What a message says to be a key or a password, where it looks like one."""
    assert secret not in redact(context.format(secret))


def test_an_aws_secret_is_known_without_a_name() -> None:
    """Forty letters of base64 that change their kind all the time: 99 of 100 at least."""
    chance = random.Random(3)
    secrets = ["".join(chance.choices(_ALNUM + "+/", k=40)) for _ in range(1_000)]
    found = sum(secret not in redact(f"retrying with (id, {secret})") for secret in secrets)
    assert found >= 990


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("client_secret", "word", MARK),
        ("hf.token", "word", MARK),
        ("tokenizer", "gpt2", "gpt2"),
        ("eos_token", "</s>", "</s>"),
        ("max_tokens", 256, 256),
        ("urls", ["s3://bob:q7Zx4kW9@host/x"], [f"s3://bob:{MARK}@host/x"]),
        ("env", {"WANDB_API_KEY": "x1y2z3x1y2z3", "HOME": "/root"},
         {"WANDB_API_KEY": MARK, "HOME": "/root"}),
        ("api_key", "", ""),
        ("api_key", None, None),
    ],
)  # fmt: skip
def test_a_setting_is_secret_by_its_name_or_its_text(
    name: str, value: object, told: object
) -> None:
    """All of a text under a name that says so; elsewhere only the secrets in it."""
    assert redact_value(name, value) == told


def test_a_name_keeps_its_commit_and_loses_its_key() -> None:
    """Runs are named by commits; a key in a name is a mistake that goes no further."""
    commit = "3f9a1c0de4b5a6978877665544332211aabbccdd"
    assert redact_name(f"run-{commit}") == f"run-{commit}"
    assert redact_name("token shuffle-v2 login pass1word") == "token shuffle-v2 login pass1word"
    assert redact_name("try hf_" + "aB3xY9kLmN" * 3) == f"try {MARK}"


@given(st.text(_ALNUM + "+/", min_size=60, max_size=300), st.booleans(), st.booleans())
def test_a_private_key_never_gets_through(body: str, begun: bool, ended: bool) -> None:
    """Key blocks are taken out, also when the log lost their first or last line."""
    rows = [body[i : i + 64] for i in range(0, len(body), 64)]
    head = ["-----BEGIN RSA PRIVATE KEY-----"] if begun or not ended else []
    tail = ["-----END RSA PRIVATE KEY-----"] if ended or not begun else []
    told = redact("\n".join(["before it", *head, *rows, *tail, "step 3"]))
    assert rows[0] not in told
    assert told.startswith("before it")
    assert told.endswith("step 3")


FRAGMENTS = (
    "wandb login", "login(", ")", "curl", " -u ", "bob:", "sshpass", " -p", " -p ", "mysql",
    "'", '"',
    " ", "\n", "key=", "token", "password", " is ", "api key", ": ", "Invalid ", "q7Zx4kW9", MARK,
    "https://", "@host", "/", "ENV ",
    "setx ", "HF_TOKEN", " provided", "!", "docker login", "pass:",
)  # fmt: skip


@given(
    st.text(max_size=400)
    | st.text("=:\"'@/-,. \n\\tokensrpawdBEGIN_0aA", max_size=400)
    | st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)
)
def test_redacting_twice_changes_nothing_and_nothing_raises(text: str) -> None:
    """The mark itself is never taken for a secret."""
    once = redact(text)
    assert redact(once) == once


@pytest.mark.parametrize(
    "line",
    [
        "{'loss': 1.2, 'mean_token_accuracy': '0.02236', 'num_tokens': '1.1e+04'}",
        "HEAD is now at 3f9a1c0de4b5a6978877665544332211aabbccdd Fix the loader",
        "Resolved revision 3f9a1c0de4b5a6978877665544332211aabbccdd of the model",
        "models--x/snapshots/3f9a1c0de4b5a6978877665544332211aabbccdd/config.json",
        "pad_token: <pad> eos_token='</s>' tokens/s=311.2 max_tokens=256 pad_token_id=0",
        "tokens per second: 3112, special tokens have been added in the vocabulary",
        '  File "/srv/lib/python3.11/site-packages/transformers/trainer.py", line 15, in train',
        "KeyError: 'pixel_values'",
        "undefined symbol: _ZN3c105ErrorC2ENS_14SourceLocationESs",
        "git@github.com:someone/project.git http://host:8080/x",
        "step 0 loss 2.3140 lr 3e-4 seed 1234567890123456789012345678901234567890",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "token classification head, basic block 12, bypass: yes, author: someone",
        "CUDA out of memory. Tried to allocate 2.93 GiB. GPU 0 has a total capacity of 23.65 GiB",
        "wandb: Syncing run silver-fog-12",
        "weights_3f9a1c0de4b5a6978877665544332211aabbccdd.bin",
        '"code_version": "3f9a1c0de4b5a6978877665544332211aabbccdd"',
        "password is required, the token was missing, passphrase not given",
        "the next token is step_12345, an unknown token <unk_12> was seen",
        "password for user1234, login(user, 'my-username'), docker run -u 1000:1000 image",
        "/data/Llama2/checkpoints/Run12345/abcde/x",
        "logged in at 2025-06-11, mysql -u root db, wandb login --relogin",
    ],
)
def test_ordinary_lines_stay_as_they_are(line: str) -> None:
    """Commits, numbers, paths, token counts and symbols are no secrets."""
    assert redact(line) == line


def test_what_stands_around_a_secret_stays() -> None:
    """Only the secret is replaced, so that the line still tells."""
    told = redact("curl https://bob:hunter22@host.org/x -H 'X-Api-Key: abcdef123456' failed")
    assert told == f"curl https://bob:{MARK}@host.org/x -H 'X-Api-Key: {MARK}' failed"
