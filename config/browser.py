"""Find Chromium for the browser tests, or install Debian's package when we may. Run: ``python -m config.browser``."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")


def chromium() -> str | None:
    """Path of the system's Chromium (or CHROMIUM), None when there is none."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> int:
    """Make sure there is a browser; returns 0, or 1 after a sentence that says what to run."""
    if chromium():
        return 0
    command = f"apt-get update && apt-get install -y {' '.join(PACKAGES)}"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests …", flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True)
        if done.returncode == 0 and chromium():
            return 0
        print(done.stderr.strip()[-500:])
    print(f"The browser tests need Chromium. Run:  sudo bash -c '{command}'")
    return 1


if __name__ == "__main__":
    sys.exit(main())
