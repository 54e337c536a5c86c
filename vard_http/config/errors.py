"""What reading the configuration can end in, other than a Config."""


class ConfigError(Exception):
    """The configuration is wrong; no file has been touched but the configuration file.

    `str(error)` is the complete line for stderr, `exit_code` the status to exit with (contract
    16.1: 2 for what the flag parser refuses, 1 for failed validation), and `usage` the text to
    print after the message, empty where etcd prints none.
    """

    def __init__(self, message: str, exit_code: int = 1, *, usage: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.usage = usage


class InformationRequested(Exception):
    """The command line asks for a text instead of a server: print `text` to stdout and exit 0."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class HelpRequested(InformationRequested):
    """`-h`, `-help` or `--help`."""


class VersionRequested(InformationRequested):
    """`--version`."""


def failed_verification(reason: str, exit_code: int = 1) -> ConfigError:
    """The error for a configuration that parses but may not be used, worded as etcd's log line."""
    return ConfigError(
        f"error verifying flags, {reason}. See 'vard-http --help'.", exit_code=exit_code
    )
