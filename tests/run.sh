#!/usr/bin/env bash
# Runs every test project and ends with one line "tests: N passed, N failed[, N skipped]"; the exit code says the same.
# Integration runs beside the others, which go one after the other.
#   TSDB_TEST_NO_SKIPS=1   a skipped test is a failure (continuous integration)
#   TSDB_TEST_ONLY="Tests Tidy"   only these projects
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

install_tools() { # the brokers, tracers and clients that some tests need, where this user may install them
  local wanted=() pair package
  for pair in mosquitto:mosquitto mosquitto_pub:mosquitto-clients strace:strace ip:iproute2 \
    node:nodejs npm:npm influx:influxdb-client; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null || wanted+=("${pair##*:}")
  done
  [ ${#wanted[@]} = 0 ] && return
  local sudo=""
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  if ! command -v apt-get >/dev/null || { [ -n "$sudo" ] && ! $sudo true 2>/dev/null; }; then
    echo "missing, and this user cannot install them: ${wanted[*]}; tests that need them are skipped"
    return
  fi
  echo "installing for the tests: ${wanted[*]}"
  $sudo apt-get update -qq >/dev/null 2>&1
  for package in "${wanted[@]}"; do
    # No start of the packaged broker: the tests start their own.
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$package" \
      >/dev/null 2>&1 || echo "$package could not be installed: tests that need it are skipped"
  done
}

install_tools
log=$(mktemp -d "${TMPDIR:-/tmp}/tsdb-tests.XXXXXX")
trap 'rm -rf "$log"' EXIT
passed=0 failed=0 skipped=0
declare -A runner=() begun=()

begin() { # PROJECT [COMMAND...]: starts a project, by a command such as nice
  local project=$1
  echo "== TsDb.$project"
  begun[$project]=$SECONDS
  "${@:2}" dotnet "artifacts/bin/TsDb.$project/release/TsDb.$project.dll" --no-ansi --progress off --timeout 25m \
    --filter-not-trait "Campaign=chaos" "Campaign=mixed" ${TSDB_TEST_ARGS:-} \
    >"$log/$project" 2>&1 &
  runner[$project]=$!
}

end() { # PROJECT: counts a project that has ended, and shows what failed
  local project=$1 code ran bad
  wait "${runner[$project]}"
  code=$?
  unset "runner[$project]"
  number() { awk -v key="$1:" '$1 == key {n = $2} END {print n + 0}' "$log/$project"; }
  ran=$(number total) bad=$(number failed)
  if [ $code != 0 ] && [ "$bad" = 0 ] && [ $code != 8 ]; then
    echo "   TsDb.$project ended with code $code and no failed test: counted as one"
    bad=1
  fi
  [ $code = 0 ] || [ $code = 8 ] || grep -av '^\(Test run summary\|  [a-z]*: [0-9]\)' "$log/$project" | tail -n 200
  grep -aE '^skipped ' -A 1 "$log/$project"
  grep -aE '^failed ' "$log/$project" >>"$log/failed"
  passed=$((passed + $(number succeeded))) failed=$((failed + bad)) skipped=$((skipped + $(number skipped)))
  echo "   TsDb.$project: $ran tests in $((SECONDS - begun[$project])) s, $bad failed, $(number skipped) skipped"
}

# Integration waits for processes half of its time: the others run beside it, one after the other, and
# give way.
others=()
beside=
for project in ${TSDB_TEST_ONLY:-Tidy Tests Simulation Conformance Integration}; do
  if [ "$project" = Integration ]; then begin Integration; beside="nice -n 5"; else others+=("$project"); fi
done
while [ ${#runner[@]} -gt 0 ] || [ ${#others[@]} -gt 0 ]; do
  if [ ${#others[@]} -gt 0 ] && [ -z "$(printf '%s\n' "${!runner[@]}" | grep -v '^Integration$')" ]; then
    begin "${others[0]}" $beside
    others=("${others[@]:1}")
  fi
  sleep 1
  for project in "${!runner[@]}"; do
    elapsed=$((SECONDS - begun[$project]))
    if ! kill -0 "${runner[$project]}" 2>/dev/null; then end "$project"
    elif [ $((elapsed % 10)) = 0 ]; then echo "   TsDb.$project: $elapsed s"; fi
  done
done

if [ -s "$log/failed" ]; then # named once more: the start of a long log is easily lost
  echo "== failed tests"
  cat "$log/failed"
fi
line="tests: $passed passed, $failed failed"
[ $skipped = 0 ] || line="$line, $skipped skipped"
if [ -n "${TSDB_TEST_NO_SKIPS:-}" ] && [ $skipped -gt 0 ]; then
  echo "$skipped tests were skipped, which this run does not allow"
  failed=$((failed + skipped))
  line="tests: $passed passed, $failed failed"
fi
echo "$line"
[ $failed = 0 ] && [ $passed -gt 0 ]
