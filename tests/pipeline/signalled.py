"""The command line, which sends itself a signal as soon as one of its functions has done its work once.

Given a signal, a module and its function, then the words of the command: the same moment on every machine, however
quick or busy.
"""

import functools
import importlib
import os
import signal
import sys

from twintrade import cli


def signal_after(module: str, name: str, sent: signal.Signals) -> None:
    owner = importlib.import_module(module)
    real = getattr(owner, name)

    @functools.wraps(real)
    def wrapped(*args, **more):
        answer = real(*args, **more)
        os.kill(os.getpid(), sent)
        return answer

    setattr(owner, name, wrapped)


if __name__ == "__main__":
    number, place, function, *words = sys.argv[1:]
    signal_after(place, function, signal.Signals(int(number)))
    sys.argv = ["twintrade", *words]
    cli.main()
