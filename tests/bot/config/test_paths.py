"""Where configuration and state lie: what was named wins."""

from __future__ import annotations

from pathlib import Path

from bot.config.paths import config_file, state_dir


def test_the_option_beats_the_variable_beats_systemd_beats_the_users_own_folder() -> None:
    environ = {
        "VOXLINE_CONFIG": "/v/c.json5",
        "CONFIGURATION_DIRECTORY": "/etc/voxline",
        "VOXLINE_STATE_DIR": "/v/state",
        "STATE_DIRECTORY": "/var/lib/voxline:/var/lib/other",
    }
    assert config_file(environ, Path("/o/c.json5")) == Path("/o/c.json5")
    assert state_dir(environ, Path("/o")) == Path("/o")
    assert config_file(environ) == Path("/v/c.json5")
    assert state_dir(environ) == Path("/v/state")
    systemd = {name: value for name, value in environ.items() if not name.startswith("VOXLINE")}
    assert config_file(systemd) == Path("/etc/voxline/voxline.json5")
    assert state_dir(systemd) == Path("/var/lib/voxline")
    assert config_file({}).name == "voxline.json5"
    assert state_dir({}).name == "voxline"


def test_a_tilde_is_the_home_folder() -> None:
    assert config_file({"VOXLINE_CONFIG": "~/x.json5"}) == Path.home() / "x.json5"
