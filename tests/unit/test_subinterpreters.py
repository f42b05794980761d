"""The core keeps one set of classes for the process: another interpreter in it is refused, with the cure."""

import subprocess
import sys

SCRIPT = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
{before}
inner = '''
try:
    import regwire_native
except ImportError as error:
    print(error)
'''
number = interpreters.create()
interpreters.run_string(number, inner)
interpreters.destroy(number)
from regwire import epp
print(epp.decode(epp.encode(epp.Hello())))
"""


def run(before: str) -> str:
    script = SCRIPT.format(before=before)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_subinterpreter_is_refused():
    for before in ("", "import regwire_native"):
        refusal, hello = run(before).splitlines()
        assert "in the main interpreter only" in refusal or "subinterpreters" in refusal
        assert hello == "Hello()"
