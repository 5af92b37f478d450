#!/usr/bin/env bash
# What action.yml runs: `tooeasy check`, with annotations on standard output, the text in the job's summary, and whether
# the gate holds as an output. Everything comes in environment variables, and is passed on as whole words, never as code.
set -euo pipefail

if [ -n "${TOOEASY_SARIF_FILE:-}" ] && [[ "$TOOEASY_SARIF_FILE" != *.sarif ]]; then
  echo "::error title=tooeasy check::sarif-file is a name that ends in .sarif"
  exit 2
fi
arguments=(check --format github)
add() { if [ -n "$2" ]; then arguments+=("$1=$2"); fi; } # one word: a value that starts with a hyphen stays a value
add --config "${TOOEASY_CONFIG:-}"
add --fail-on "${TOOEASY_FAIL_ON:-}"
add --baseline "${TOOEASY_BASELINE:-}"
add --output "${TOOEASY_SARIF_FILE:-}"
while IFS= read -r line; do
  line=${line%$'\r'}
  if [ -n "$line" ]; then arguments+=("$line"); fi
done <<<"${TOOEASY_ARGS:-}"

folder=$(mktemp -d "${RUNNER_TEMP:-/tmp}/tooeasy-XXXXXX")
trap 'rm -rf "$folder"' EXIT
arguments+=("--output=$folder/check.txt")
if [ -n "${TOOEASY_SOURCE:-}" ]; then arguments+=(-- "$TOOEASY_SOURCE"); fi

code=0
tooeasy "${arguments[@]}" || code=$?

if [ "$code" -gt 1 ]; then echo "::error title=tooeasy check::it could not be checked: see the line above"; fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$folder/check.txt" ]; then
  # Indented, so that nothing in it can end the block.
  { printf '### tooeasy check\n\n'; sed 's/^/    /' "$folder/check.txt"; printf '\n'; } >>"$GITHUB_STEP_SUMMARY"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  case $code in
    0) echo "holds=true" >>"$GITHUB_OUTPUT" ;;
    1) echo "holds=false" >>"$GITHUB_OUTPUT" ;;
  esac
fi
exit "$code"
