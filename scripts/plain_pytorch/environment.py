"""The Python environment that has PyTorch: nas's cache folder keeps it."""

import os
import subprocess
import sys
from pathlib import Path

TORCH = "torch==2.11.0"
OTHERS = ["h5py==3.16.0", "numpy==2.2.6", "packaging==25.0", "safetensors==0.6.2"]


def cache_folder():
    if os.environ.get("NAS_CACHE_DIR"):
        return Path(os.environ["NAS_CACHE_DIR"])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nas"


def python_with_torch():
    """The Python of that environment, which is made where it is missing."""
    venv = cache_folder() / "venv-pytorch"
    python = venv / "bin" / "python"
    installed = venv / "requirements.txt"
    wanted = "\n".join([TORCH, *OTHERS]) + "\n"
    if not installed.exists() or installed.read_text() != wanted:
        print(f"installing PyTorch into {venv}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        install = [python, "-m", "pip", "install", "--quiet", *OTHERS]
        # The CPU build where an index has it; else the common one, which runs on a CPU as well.
        small = subprocess.run([*install, TORCH + "+cpu"], stderr=subprocess.DEVNULL, check=False)
        if small.returncode != 0:
            subprocess.run([*install, TORCH], check=True)
        installed.write_text(wanted)
    return python


def need_torch():
    """Returns when torch can be imported; otherwise the script goes on in an environment that has it."""
    try:
        import h5py  # noqa: F401
        import safetensors.torch  # noqa: F401
        import torch  # noqa: F401

        return
    except ImportError:
        if Path(sys.prefix).resolve() == (cache_folder() / "venv-pytorch").resolve():
            raise
    python = python_with_torch()
    os.execv(python, [str(python), *sys.argv])
