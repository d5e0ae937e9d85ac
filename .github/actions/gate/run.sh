#!/usr/bin/env bash
# Runs ce gate with the inputs of the action, which come as variables and are never run as code.
set -euo pipefail

arguments=(gate --format github)

# Adds each line of $1 as an argument, behind the option $2 where there is one.
add_lines() {
    local line
    while IFS= read -r line; do
        line=${line%$'\r'}
        if [ -n "$line" ]; then
            arguments+=("${2:+$2=}$line")
        fi
    done <<<"$1"
}

# Prints the path of ce, which is installed into an environment of its own.
installed_ce() {
    local environment=$RUNNER_TEMP/ce-gate scripts=bin
    "$INPUT_PYTHON" -m venv "$environment" >&2
    if [ -d "$environment/Scripts" ]; then
        scripts=Scripts
    fi
    "$environment/$scripts/python" -m pip install --quiet --disable-pip-version-check \
        -- "${INPUT_PACKAGE:-$GITHUB_ACTION_PATH/../../..}" >&2
    printf '%s\n' "$environment/$scripts/ce"
}

add_lines "$INPUT_MAX" --max
add_lines "$INPUT_REQUIRE" --require
add_lines "$INPUT_BASELINE" --baseline
add_lines "$INPUT_MAX_REGRESSION" --max-regression
add_lines "$INPUT_MODE" --mode
add_lines "$INPUT_CONFIG" --config
add_lines "$INPUT_REPORT" --report
add_lines "$INPUT_ARGS"
arguments+=(--)
add_lines "$INPUT_FILES"

if [ "$INPUT_PACKAGE" = none ]; then
    ce=ce
else
    ce=$(installed_ce)
fi
exec "$ce" "${arguments[@]}"
