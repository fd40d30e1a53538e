#!/usr/bin/env bash
# Runs once, when Gradescope builds the autograder.
set -euo pipefail
apt-get update
apt-get install -y python3 python3-pip python3-venv
python3 -m venv /autograder/python
/autograder/python/bin/pip install micrograd-verify
