"""The example file has every setting that does something, and what is commented out can be used."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.packaging.distributions import ROOT
from vard_http.config.model import ACTIVE
from vard_http.config.setting import Setting

SECTIONS = {"client-transport-security": "", "peer-transport-security": "peer-"}


def settings() -> dict[str, str]:
    """All that is or could be set in the file, by the names of the flags, as flags have it."""
    text = (ROOT / "config" / "vard-http.example.yaml").read_text()
    uncommented = re.sub(r"^# ((  )?[a-z0-9-]+:( \S+)?)$", r"\1", text, flags=re.MULTILINE)
    found: dict[str, str] = {}
    for name, value in yaml.load(uncommented, yaml.BaseLoader).items():
        if name in SECTIONS:
            found |= {SECTIONS[name] + inner: one for inner, one in value.items()}
        else:
            found[name] = ",".join(value) if isinstance(value, list) else value
    return found


def test_the_example_has_every_setting_that_has_an_effect() -> None:
    assert settings().keys() == {one.name for one in ACTIVE}


@pytest.mark.parametrize("setting", ACTIVE, ids=lambda one: one.name)
def test_a_value_of_the_example_is_one_that_its_flag_takes(setting: Setting) -> None:
    setting.kind.parse(settings()[setting.name])
