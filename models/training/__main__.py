"""Trains, exports and judges the embedded model.

    python models/training COMMAND [arguments]      # each command says with --help what it takes
"""

import importlib
import sys

COMMANDS = {"train": "train.run", "export": "train.export", "ablate": "train.ablate", "pack": "data.pack", "evaluate": "judge.evaluate",
            "volumes": "judge.volumes"}


def main() -> None:
    """Hand over to the command's module."""
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command not in COMMANDS:
        sys.exit(f"{__doc__}\nCommands: {', '.join(COMMANDS)}. Got {command!r}.")
    sys.argv = [f"{sys.argv[0]} {command}", *sys.argv[2:]]
    importlib.import_module(COMMANDS[command]).main()


if __name__ == "__main__":
    main()
