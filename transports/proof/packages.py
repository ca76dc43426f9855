"""Python's packages of requirements.txt, in an environment of their own. Needs: python3-venv."""

import subprocess
import sys

from proof import HERE, PATIENCE, TARGET


def environment():
    """Returns a Python that has the packages."""
    folder = TARGET / "proof-python"
    python = folder / "bin" / "python"
    requirements = ["-r", HERE / "requirements.txt"]
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=10 * PATIENCE)
    subprocess.run(pip, check=True, timeout=10 * PATIENCE)
    return python
