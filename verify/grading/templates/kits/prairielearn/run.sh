#!/usr/bin/env bash
# Runs for each submission. GRADE and VERIFY are for trying it elsewhere.
set -euo pipefail
root="${GRADE:-/grade}"
if [ -z "${VERIFY:-}" ]; then
  python3 -m venv /tmp/python
  /tmp/python/bin/pip install --quiet micrograd-verify
  VERIFY=/tmp/python/bin/verify
fi
out="$(mktemp -d)"
mkdir -p "$root/results"
"$VERIFY" grade "$root/student" --one --out "$out" --format prairielearn \
  --rubric "$root/tests/rubric.toml" --exam "$root/tests/exam.jsonl"
cp "$out"/prairielearn/*.json "$root/results/results.json"
